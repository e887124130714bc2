import { peerNames, requireImplementation, type Implementation, type ImplementationName } from './implementation.js'
import type { AuthForm, Cast, ClientRole } from './link.js'

/** One row of the matrix. */
export interface Case {
  readonly title: string
  readonly cast: Cast
  readonly auth: AuthForm
  /** Bytes that go each way over TCP. */
  readonly bulkBytes: number
}

const mebibyte = 1024 * 1024
/**
 * Fills every queue and buffer on the way many times. It is also more than 1000 messages of 64 KiB, which Go would
 * drop.
 */
const largeBulkBytes = 100 * mebibyte
/** For cases whose programs carry the larger number in another case, and for three programs, which share two cores. */
const smallBulkBytes = 8 * mebibyte

/**
 * The program that has a role in every case. INTEROP_SUBJECT=go-1.8.13 runs the suite among the deployed peers, to
 * check the suite itself; its failures are the limits of these peers in docs/interop.md.
 */
const testedSubject = (process.env['INTEROP_SUBJECT'] ?? 'ours') as ImplementationName

const subject: Implementation | undefined = requireImplementation(testedSubject)
const others: readonly Implementation[] = peerNames
  .filter((name) => name !== testedSubject)
  .map(requireImplementation)
  .filter((found) => found !== undefined)

/** Every pair with the subject on one side, with both forms of authentication. */
export function forwardCases(): Case[] {
  return pairs().flatMap(([server, client]) => withAuth({ mode: 'forward', server, client }))
}

/** Every pair with the subject on one side, with both forms of authentication. */
export function reverseCases(): Case[] {
  return pairs().flatMap(([server, provider]) => withAuth({ mode: 'reverse', server, provider }))
}

/** The subject in each role among peers of one kind, and as the server between every two peers. */
export function threePartyCases(mode: 'agent' | 'autonomy'): Case[] {
  if (subject === undefined) return []
  const ours = subject
  const middle = others.flatMap((provider) => others.map((connector) => ({ server: ours, provider, connector })))
  const single = others.flatMap((peer) => [
    { server: peer, provider: ours, connector: peer },
    { server: peer, provider: peer, connector: ours },
    { server: ours, provider: ours, connector: peer },
    { server: ours, provider: peer, connector: ours },
    { server: peer, provider: ours, connector: ours },
  ])
  return [...middle, ...single].map((roles) => toCase({ mode, ...roles }, 'query', smallBulkBytes)).filter(isPossible)
}

/** The subject as client of every kind of server, and every client with the subject's server. */
export function refusalCases(): Array<{
  readonly title: string
  readonly server: Implementation
  readonly client: Implementation
}> {
  return pairs()
    .filter(([, client]) => client.name !== 'py-1.5.1')
    .filter(([server, client]) => !(server.name === 'py-1.5.1' && client.name !== 'ours'))
    .map(([server, client]) => ({ title: `client ${client.name} at server ${server.name}`, server, client }))
}

/** Returns the program whose SOCKS port applications use. */
export function socksSideOf(cast: Cast): Implementation {
  if (cast.mode === 'forward') return cast.client
  return cast.mode === 'reverse' ? cast.server : cast.connector
}

/** Whether the end of the target is not passed on: a pywssocks server does not forward a provider's Disconnect. */
export function isDeafToEnds(cast: Cast): boolean {
  return cast.server.name === 'py-1.5.1' && (cast.mode === 'agent' || cast.mode === 'autonomy')
}

function membersOf(cast: Cast): Implementation[] {
  if (cast.mode === 'forward') return [cast.server, cast.client]
  return cast.mode === 'reverse' ? [cast.server, cast.provider] : [cast.server, cast.provider, cast.connector]
}

function pairs(): Array<[Implementation, Implementation]> {
  if (subject === undefined) return []
  const ours = subject
  return others.flatMap((peer): Array<[Implementation, Implementation]> => [
    [ours, peer],
    [peer, ours],
  ])
}

function withAuth(cast: Cast): Case[] {
  return [toCase(cast, 'query', largeBulkBytes), toCase(cast, 'message', smallBulkBytes)].filter(isPossible)
}

function toCase(cast: Cast, auth: AuthForm, bulkBytes: number): Case {
  const [server, ...rest] = membersOf(cast).map(({ name }) => name)
  const suffix = auth === 'message' ? ', Auth message' : ''
  return { title: `${cast.mode}: server ${server} with ${rest.join(' and ')}${suffix}`, cast, auth, bulkBytes }
}

/** Returns the clients of a cast whose WebSocket has the subject at one end and another program at the other. */
export function hopsOfSubject(cast: Cast): ClientRole[] {
  const hops: ReadonlyArray<readonly [ClientRole, Implementation]> =
    cast.mode === 'forward'
      ? [['client', cast.client]]
      : cast.mode === 'reverse'
        ? [['provider', cast.provider]]
        : [
            ['provider', cast.provider],
            ['connector', cast.connector],
          ]
  return hops
    .filter(([, { name }]) => (name === testedSubject) !== (cast.server.name === testedSubject))
    .map(([role]) => role)
}

/**
 * Every pair in forward and reverse mode. In agent mode the subject in each role among peers of one kind, since the
 * effect of a cut depends on the programs on both sides. In autonomy the effect is the same, so only the newest program
 * is tested.
 */
export function cutCases(): Case[] {
  const agents = threePartyCases('agent').filter(({ cast }) => kindsOf(cast).size === 2)
  const autonomous = threePartyCases('autonomy').filter(
    ({ cast }) => kindsOf(cast).size === 2 && kindsOf(cast).has('go-1.10.3'),
  )
  return [...forwardCases(), ...reverseCases(), ...agents, ...autonomous].filter(({ auth }) => auth === 'query')
}

/**
 * Whether the subject dials the target and notices a cut there: a Go server does not notify providers that a connector
 * is gone.
 */
export function targetSeesCut(cast: Cast, hop: ClientRole): boolean {
  if (cast.mode === 'forward') return cast.server.name === testedSubject
  if (cast.provider.name !== testedSubject) return false
  return hop === 'provider' || cast.server.name === testedSubject
}

/**
 * Whether connections hang after a cut. pywssocks does not end its SOCKS connections when its own link is cut, and does
 * not return as the same client; its server does not notify connectors that a provider is gone.
 */
export function hangsAfterCut(cast: Cast, hop: ClientRole): boolean {
  if (socksSideOf(cast).name !== 'py-1.5.1') return false
  return hop === 'client' || hop === 'connector' || isDeafToEnds(cast)
}

function kindsOf(cast: Cast): Set<ImplementationName> {
  return new Set(membersOf(cast).map(({ name }) => name))
}

/**
 * Whether a case is possible at all; docs/interop.md lists the limits of the deployed peers, and how they were found.
 */
function isPossible({ cast, auth }: Case): boolean {
  if (auth === 'message' && cast.server.name === 'py-1.5.1') return false
  return !membersOf(cast).some((one) => membersOf(cast).some((two) => areStrangers(cast, one, two)))
}

/**
 * Whether two programs need a translator in between: go 1.10 writes version 0.2 in every message, and pywssocks reads
 * only 0.1.
 */
function areStrangers(cast: Cast, one: Implementation, two: Implementation): boolean {
  if (!one.name.startsWith('go-1.10.') || two.name !== 'py-1.5.1') return false
  return one === cast.server || two === cast.server
}
