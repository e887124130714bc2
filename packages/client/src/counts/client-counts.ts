import { createRequire } from 'node:module'
import { Histogram, latencyBoundsMs, type Readiness, type Snapshot } from '@ls/foundation'
import type { Channel, ChannelCloseReason, Session } from '@ls/mux'
import { movedBy, type Outbound, outcomeOf, Reloads, SessionCounts, Traffic } from '@ls/relay'
import type { ResolvedClientOptions } from '../options/resolve-options.js'

/** Parts of a client that have numbers. */
export interface CountedClient {
  readonly state: 'idle' | 'running' | 'closing' | 'closed'
  readonly options: ResolvedClientOptions
  readonly sessions: readonly Session[]
  /** Sessions with peers, over direct paths or the relay. */
  readonly direct: readonly Session[]
  /** Channels by path; undefined without direct paths. */
  readonly paths: Snapshot['paths']
  /** Outbound of a provider, where its traffic leaves. */
  readonly outbound: Outbound | undefined
  /** Whether proxy ports that are configured are not open. */
  readonly portsMissing: boolean
}

/** Counters of the client itself; all other numbers are read from the parts that have them. */
export class ClientCounts {
  readonly sessions = new SessionCounts()
  readonly reloads = new Reloads()
  readonly #traffic = new Traffic()
  readonly #role: 'forward' | 'reverse'

  constructor({ reverse }: Pick<ResolvedClientOptions, 'reverse'>) {
    this.#role = reverse ? 'reverse' : 'forward'
  }

  /** Counts a channel that has ended. */
  ended(channel: Channel, reason: ChannelCloseReason): void {
    this.#traffic.ended(this.#role, movedBy(channel), outcomeOf(channel, reason))
  }

  /** All numbers, with the channels that are open now. */
  snapshot(client: CountedClient): Snapshot {
    const { sessions, direct, paths, outbound, options } = client
    const { pending } = options
    const links = this.sessions.snapshot(sessions)
    const open = [...sessions, ...direct].flatMap((session) =>
      Array.from(session.channels(), (channel) => [this.#role, movedBy(channel)] as const),
    )
    return {
      program: 'client',
      version,
      readiness: readinessOf(client, links.up),
      links,
      ...this.#traffic.snapshot(open),
      tokens: [],
      refusals: {},
      limits: [
        { name: 'pending-connections', unit: 'entries', used: pending.size, limit: pending.maxPending },
        ...memoryOf(sessions),
      ],
      dialMs: (outbound?.dialMs ?? unused).snapshot(),
      lookupMs: (outbound?.lookupMs ?? unused).snapshot(),
      reloads: this.reloads.snapshot(),
      paths,
      certificateExpiresAtMs: undefined,
    }
  }
}

/** Empty histogram: a client without an outbound dials no targets. */
const unused = new Histogram(latencyBoundsMs)

function memoryOf(sessions: readonly Session[]): Snapshot['limits'] {
  if (sessions.length === 0) return []
  const budgets = sessions.map(({ options }) => options.budget)
  const used = budgets.reduce((sum, { usedBytes }) => sum + usedBytes, 0)
  const limit = budgets.reduce((sum, { limitBytes }) => sum + limitBytes, 0)
  return [{ name: 'memory', unit: 'bytes', used, limit }]
}

function readinessOf({ state, portsMissing, options }: CountedClient, linksUp: number): Readiness {
  const reasons = [
    ...(state === 'running' ? [] : [stateTexts[state]]),
    ...(linksUp > 0 ? [] : ['no link to the server is up']),
    ...(portsMissing ? ['the proxy port is not open'] : []),
  ]
  const notes =
    linksUp === 0 || linksUp === options.threads ? [] : [`${linksUp} of ${options.threads} links to the server are up`]
  return { ready: reasons.length === 0, reasons, notes }
}

const stateTexts = {
  idle: 'the client has not started',
  closing: 'the client is shutting down',
  closed: 'the client is closed',
} as const

const { version } = createRequire(import.meta.url)('../../package.json') as { readonly version: string }
