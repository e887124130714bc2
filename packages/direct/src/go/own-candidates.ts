import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { type Clock, isLoopback, type TimerHandle } from '@ls/foundation'
import { isLinkLocal, ownAddresses } from '../host-addresses.js'
import { parseStunServer } from '../options.js'
import type { HostCandidates } from '../udp/description.js'
import { AddressRequest } from './address-request.js'
import type { QuicSocket, UdpPlace } from './quic.js'
import type { Candidate } from './signals.js'

/** A port of a router that leads to the socket. */
export interface MappedPlace {
  /** Resolves with the place outside; undefined if there is none, or if the router needs more than `limitMs`. */
  outside(limitMs: number): Promise<UdpPlace | undefined>
}

export interface OwnCandidatesOptions {
  readonly socket: QuicSocket
  readonly clock: Clock
  /** Servers that report addresses, `host:port`. */
  readonly servers: readonly string[]
  readonly hosts: HostCandidates
  readonly mapped?: MappedPlace | undefined
}

/** Time for the servers and the router to answer, in milliseconds: that of Go. */
const answerMs = 2000

/** Finds the addresses at which the socket may be reached. */
export async function ownCandidates(options: OwnCandidatesOptions): Promise<Candidate[]> {
  const { socket, servers, hosts, mapped } = options
  const asked = servers.map((server) => askServer(server, options))
  const seen = await Promise.all([mappedAddress(mapped), ...asked])
  const outside = seen.flat().filter((candidate) => candidate !== undefined)
  if (hosts === 'never') return outside
  const own = ownAddresses()
  return [...own.map((addr) => ({ addr, port: socket.port, kind: 'host' }) as const), ...outside]
}

async function mappedAddress(mapped: MappedPlace | undefined): Promise<Candidate | undefined> {
  const place = await mapped?.outside(answerMs)
  return place && { addr: place.address, port: place.port, kind: 'srflx' }
}

/** Asks a server over each family that it has. */
async function askServer(server: string, options: OwnCandidatesOptions): Promise<(Candidate | undefined)[]> {
  const { host, port } = parseStunServer(server)
  const found = await lookup(host, { all: true }).catch(() => [])
  const first = [4, 6].flatMap((family) => found.find((each) => each.family === family) ?? [])
  // Without an address of that family, the question would have no answer, and take its whole time.
  const reachable = first.filter(({ address, family }) => family === 4 || isLoopback(address) || hasIPv6())
  return Promise.all(reachable.map(({ address }) => askAt({ address, port }, options)))
}

function hasIPv6(): boolean {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.some(({ family, internal, address }) => family === 'IPv6' && !internal && !isLinkLocal.test(address))
}

function askAt(to: UdpPlace, { socket, clock }: OwnCandidatesOptions): Promise<Candidate | undefined> {
  const request = new AddressRequest()
  return new Promise((resolve) => {
    let timer: TimerHandle
    let isOver = false
    const settle = (candidate: Candidate | undefined): void => {
      isOver = true
      clock.clearTimeout(timer)
      resolve(candidate)
    }
    socket.onPacket((packet) => {
      const seen = isOver ? undefined : request.read(packet)
      if (seen !== undefined) settle({ addr: seen.address, port: seen.port, kind: 'srflx' })
    })
    const endMs = clock.now() + answerMs
    const ask = (): void => {
      if (clock.now() >= endMs) return settle(undefined)
      for (const packet of request.packets) socket.send(packet, to)
      timer = clock.setTimeout(ask, resendMs)
    }
    ask()
  })
}

/** A request is sent again after this time, in milliseconds: packets are lost. */
const resendMs = 500
