import { createSocket } from 'node:dgram'
import type { lookup as systemLookup } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import { within } from '@ls/testkit'
import { socksConnect, SocksReplyError, UdpAssociation } from '../../interop/socks-client.js'
import { closing } from '../../stress/cleanup.js'

/** A way to a target: direct, or through the proxy. */
export interface Way {
  readonly name: string
  /** Opens a half-open connection to `host`. */
  tcp(host: string, port: number): Promise<Socket>
  /** Sends each datagram and returns the first that comes back. */
  udp(host: string, port: number, datagram: Buffer): Promise<Buffer>
  /** Port of the HTTP proxy to use, if any. */
  readonly httpProxyPort: number | undefined
}

/** The direct way: Node's own sockets, and its resolver at `nameServer` for names below `.test`. */
export function directWay(nameServer: string): Way {
  const lookup = lookupAt(nameServer)
  return {
    name: 'direct',
    httpProxyPort: undefined,
    async tcp(host, port) {
      const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, lookup, autoSelectFamily: true })
      await once(socket, 'connect')
      return socket
    },
    async udp(host, port, datagram) {
      const socket = closing(
        createSocket({ type: isIP(host) === 6 ? 'udp6' : 'udp4', lookup: lookup as typeof systemLookup }),
      )
      const answered = once(socket, 'message') as Promise<[Buffer]>
      socket.send(datagram, port, host)
      const [answer] = await within(answered, `an answer to ${datagram.length} bytes without us`)
      return answer
    },
  }
}

/** The way through our proxy at `port` of loopback. */
export function proxiedWay(name: string, port: number): Way {
  return {
    name,
    httpProxyPort: port,
    tcp: (host, targetPort) => socksConnect(port, host, targetPort),
    async udp(host, targetPort, datagram) {
      const association = closing(await UdpAssociation.open(port))
      return (await association.exchange(host, targetPort, datagram)).payload
    },
  }
}

/** Returns why a target was not reached, in words that are the same for each way. */
export function failureWord(error: unknown): string {
  if (error instanceof SocksReplyError) return error.reply === 5 ? 'refused' : 'not reachable'
  const { code, errors } = error as { code?: string; errors?: readonly { code?: string }[] }
  const codes = [code, ...(errors ?? []).map((each) => each.code)]
  if (codes.includes('ECONNREFUSED')) return 'refused'
  return code === undefined ? String(error) : 'not reachable'
}

/** Queries both families, as `getaddrinfo` does, but only the name server at `address`. */
function lookupAt(address: string): LookupFunction {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  resolver.setServers([address])
  const both = async (name: string): Promise<{ address: string; family: number }[]> => {
    if (isIP(name) !== 0) return [{ address: name, family: isIP(name) }]
    if (name === 'localhost' || name.endsWith('.localhost')) return [{ address: '127.0.0.1', family: 4 }]
    const answers = await Promise.allSettled([resolver.resolve6(name), resolver.resolve4(name)])
    const found = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    return found.flatMap((addresses, at) => addresses.map((each) => ({ address: each, family: at === 0 ? 6 : 4 })))
  }
  return (name, options, answer) => {
    void both(name).then((found) => {
      const [first] = found
      if (first === undefined) return answer(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), '', 0)
      return options.all === true ? answer(null, found) : answer(null, first.address, first.family)
    })
  }
}
