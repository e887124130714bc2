import { createSocket, type Socket } from 'node:dgram'
import type { Clock, TimerHandle } from '@ls/foundation'

/** Where routers are asked for: the group of SSDP (UPnP Device Architecture 1.1, §1.3). */
const ssdpGroup = { address: '239.255.255.250', port: 1900 } as const

export interface GatewaySearch {
  /** Source of time. */
  readonly clock: Clock
  /** Where the question goes. @default {@link ssdpGroup} */
  readonly to?: { readonly address: string; readonly port: number } | undefined
  /** Addresses of our own interfaces, which are asked from. */
  readonly from: readonly string[]
}

/** Most interfaces that are asked from, and answers that are followed: a network has one router, some have a few. */
const maxInterfaces = 8
const maxAnswers = 8
/** Packets are lost, so each question is sent this many times, this many milliseconds apart. */
const questions = 3
const questionMs = 500
/** Routers that a datagram may pass, as the standard advises. */
const timeToLive = 2

const devices = [1, 2].map((version) => `urn:schemas-upnp-org:device:InternetGatewayDevice:${version}`)

/** Searches for routers, and reports where each has its description. Returns a function that ends the search. */
export function searchGateways(search: GatewaySearch, onFound: (description: URL) => void): () => void {
  const { clock, to = ssdpGroup, from } = search
  const found = new Set<string>()
  const sockets = from.slice(0, maxInterfaces).map((address) =>
    openSocket(address, (packet, sender) => {
      const description = descriptionOf(packet, sender)
      if (description === undefined || found.has(description.href) || found.size >= maxAnswers) return
      found.add(description.href)
      onFound(description)
    }),
  )
  let timer: TimerHandle
  let asked = 0
  const ask = (): void => {
    for (const socket of sockets)
      for (const device of devices) socket.send(questionFor(device), to.port, to.address, () => {})
    if (++asked < questions) timer = clock.setTimeout(ask, questionMs)
  }
  ask()
  return () => {
    clock.clearTimeout(timer)
    for (const socket of sockets) socket.close()
  }
}

/** Errors, such as those of an interface that has gone, count as no answer. */
function openSocket(address: string, onPacket: (packet: Buffer, sender: string) => void): Socket {
  const socket = createSocket('udp4')
  socket.on('error', () => {})
  socket.on('message', (packet, { address: sender }) => onPacket(packet, sender))
  socket.bind(0, address, () => {
    try {
      socket.setMulticastInterface(address)
      socket.setMulticastTTL(timeToLive)
    } catch {
      // The question then leaves through the interface that the system chooses.
    }
  })
  return socket
}

function questionFor(device: string): string {
  const host = `${ssdpGroup.address}:${ssdpGroup.port}`
  return ['M-SEARCH * HTTP/1.1', `HOST: ${host}`, 'MAN: "ssdp:discover"', 'MX: 1', `ST: ${device}`, '', ''].join('\r\n')
}

/**
 * Address of the description in an answer; undefined for other packets. It must be at the sender: otherwise a machine
 * of the network could make us send requests elsewhere.
 */
function descriptionOf(packet: Buffer, sender: string): URL | undefined {
  const lines = packet.toString('latin1').split('\r\n')
  if (!/^HTTP\/1\.\d 200\b/.test(lines[0] ?? '')) return undefined
  const location = lines.find((line) => /^location:/i.test(line))?.slice('location:'.length)
  const url = parseUrl(location?.trim() ?? '')
  return url?.protocol === 'http:' && url.hostname === sender ? url : undefined
}

/** URL of a text; undefined for one that is not valid. */
export function parseUrl(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}
