import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import type { Clock, TimerHandle } from '@ls/foundation'
import type { HostCandidates } from '../description.js'
import { parseStunServer } from '../options.js'
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
/** Most addresses of our own interfaces: a peer probes each. */
const maxHosts = 8

/** Finds the addresses at which the socket may be reached. */
export async function ownCandidates(options: OwnCandidatesOptions): Promise<Candidate[]> {
  const { socket, servers, hosts, mapped } = options
  const all = [mappedAddress(mapped), ...servers.map((server) => askServer(server, options))]
  const outside = (await Promise.all(all)).filter((candidate) => candidate !== undefined)
  return hosts === 'never' ? outside : [...hostAddresses(socket.port), ...outside]
}

/** IPv4 addresses of our interfaces; that of the loopback only where there is no other. */
function hostAddresses(port: number): Candidate[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const others = all.filter(({ family, internal }) => family === 'IPv4' && !internal)
  const hosts = others.length === 0 ? ['127.0.0.1'] : others.map(({ address }) => address)
  return hosts.slice(0, maxHosts).map((addr) => ({ addr, port, kind: 'host' }))
}

async function mappedAddress(mapped: MappedPlace | undefined): Promise<Candidate | undefined> {
  const place = await mapped?.outside(answerMs)
  return place && { addr: place.address, port: place.port, kind: 'srflx' }
}

async function askServer(server: string, { socket, clock }: OwnCandidatesOptions): Promise<Candidate | undefined> {
  const { host, port } = parseStunServer(server)
  const found = await lookup(host, { family: 4 }).catch(() => undefined)
  if (found === undefined) return undefined
  const to = { address: found.address, port }
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
