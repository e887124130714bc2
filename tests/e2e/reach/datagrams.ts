import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { closing } from '../../stress/cleanup.js'
import type { Target } from './target.js'

type Answer = (bytes: Buffer, from: { port: number; address: string }, socket: Socket) => void

const echo: Answer = (bytes, { port, address }, socket) => socket.send(bytes, port, address)

async function udpTarget(answer: Answer, host: string): Promise<number> {
  const socket = closing(createSocket(host.includes(':') ? 'udp6' : 'udp4'))
  socket.on('message', (bytes, from) => answer(bytes, from, socket))
  socket.bind(0, host)
  await once(socket, 'listening')
  return socket.address().port
}

function target(
  title: string,
  datagram: Buffer,
  options: { answer?: Answer; host?: string; at?: string } = {},
): Target {
  const { answer = echo, host = '127.0.0.1', at = host } = options
  return {
    title,
    async reach(way) {
      const received = await way.udp(host, await udpTarget(answer, at), datagram)
      return [received.length, received.equals(datagram) ? 'the same bytes' : received.toString('latin1', 0, 80)]
    },
  }
}

/** Answers from a socket of its own, at another address or port than that of the request. */
function answerFrom(host: string): Answer {
  return (_bytes, from) => {
    const other = createSocket('udp4')
    other.bind(0, host, () => other.send('from elsewhere', from.port, from.address, () => other.close()))
  }
}

/** Datagrams of all sizes and sources. 65,497 bytes are the most that fit after the header of SOCKS. */
export function datagramTargets(withIpv6: boolean): Target[] {
  const sizes = [0, 1, 512, 1472, 9000, 60_000, 65_497]
  const six = [target('IPv6', Buffer.from('six'), { host: '::1' })]
  return [
    ...sizes.map((size) => target(`${size} bytes`, Buffer.alloc(size, 'datagram'))),
    target('an answer from another port', Buffer.from('hello'), { answer: answerFrom('127.0.0.1') }),
    target('an answer from another address', Buffer.from('hello'), { answer: answerFrom('127.0.0.2') }),
    target('an answer far larger than the question', Buffer.from('?'), {
      answer: (_bytes, { port, address }, socket) => socket.send(Buffer.alloc(40_000, 'x'), port, address),
    }),
    target('a name', Buffer.from('by name'), { host: 'a.test', at: '127.0.0.1' }),
    target('localhost', Buffer.from('by name'), { host: 'localhost', at: '127.0.0.1' }),
    ...(withIpv6 ? six : []),
  ]
}
