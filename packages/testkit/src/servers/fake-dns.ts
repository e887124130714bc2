import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import dnsPacket, { type Answer as Record, type Packet } from 'dns-packet'

type Type = 'A' | 'AAAA'

/** The server's answer for a name: its records, a failure (`SERVFAIL`, `NXDOMAIN`), or none. */
export type FakeDnsReply = readonly Record[] | 'SERVFAIL' | 'NXDOMAIN' | 'silence' | 'truncated'

const rcodes = { NXDOMAIN: 3, SERVFAIL: 2 } as const

/** A name server on loopback, over UDP and TCP, that answers from `zone` and records the queries. */
export class FakeDns {
  readonly asked: string[] = []
  readonly address: string
  readonly #close: () => void

  private constructor(port: number, close: () => void) {
    this.address = `127.0.0.1:${port}`
    this.#close = close
  }

  static async start(zone: (name: string, type: Type, over: 'udp' | 'tcp') => FakeDnsReply): Promise<FakeDns> {
    const tcp = createServer((socket) => serveTcp(socket, (query) => answer(query, 'tcp')))
    const udp = await openBoth(tcp)
    const { port } = udp.address()
    const server = new FakeDns(port, () => {
      udp.close()
      tcp.close()
    })
    const answer = (query: Packet, over: 'udp' | 'tcp'): Buffer | undefined => {
      const [question] = query.questions ?? []
      const name = question?.name.toLowerCase() ?? ''
      const type = question?.type as Type
      server.asked.push(`${type} ${name}${over === 'tcp' ? ' tcp' : ''}`)
      const reply = zone(name, type, over)
      return reply === 'silence' ? undefined : encode(query, reply)
    }
    udp.on('message', (bytes, { port: to, address }) => {
      const bytesBack = answer(dnsPacket.decode(bytes), 'udp')
      if (bytesBack !== undefined) udp.send(bytesBack, to, address)
    })
    return server
  }

  close(): void {
    this.#close()
  }
}

/**
 * Both protocols at one port of loopback: a port that is free for one may be in use for the other, so several are
 * tried.
 */
async function openBoth(tcp: Server, attempts = 20): Promise<UdpSocket> {
  await once(tcp.listen(0, '127.0.0.1'), 'listening')
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4').bind(port, '127.0.0.1')
  try {
    await once(udp, 'listening')
    return udp
  } catch (error) {
    udp.close()
    tcp.close()
    await once(tcp, 'close')
    if (attempts === 0) throw error
    return openBoth(tcp, attempts - 1)
  }
}

function encode({ id, questions }: Packet, reply: Exclude<FakeDnsReply, 'silence'>): Buffer {
  const records = typeof reply === 'string' ? [] : [...reply]
  const rcode = reply === 'NXDOMAIN' || reply === 'SERVFAIL' ? rcodes[reply] : 0
  const truncated = reply === 'truncated' ? dnsPacket.TRUNCATED_RESPONSE : 0
  const flags = dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE | truncated | rcode
  return dnsPacket.encode({ type: 'response', id: id ?? 0, flags, questions: questions ?? [], answers: records })
}

/** RFC 1035 §4.2.2: each message has its length in front. */
function serveTcp(socket: Socket, answer: (query: Packet) => Buffer | undefined): void {
  let received = Buffer.alloc(0)
  socket
    .on('error', () => {})
    .on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0)
        const reply = answer(dnsPacket.decode(received.subarray(2, end)))
        received = received.subarray(end)
        if (reply === undefined) continue
        const length = Buffer.alloc(2)
        length.writeUInt16BE(reply.length)
        socket.write(Buffer.concat([length, reply]))
      }
    })
}
