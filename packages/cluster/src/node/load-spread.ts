import type { Clock, Logger, TimerHandle } from '@ls/foundation'
import type { LocalNode } from '@ls/server'
import type { Members } from './members.js'

export interface LoadSpreadOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Number of links of this node; undefined where it should keep them, because it drains. */
  links(): number | undefined
  /** Numbers of links of the other nodes that take clients. */
  others(): readonly number[]
  /** Asks clients with at most that many links to leave. Returns the number of links that were asked. */
  askToLeave(most: number): number
}

/** Time between two looks at the load, in milliseconds. */
const lookMs = 10_000

/** Looks in a row at which this node has too many links before it asks clients: a restart is over by then. */
const patience = 6

/** A node with more than this many times the mean, and some more, has too many links. */
const tooMany = { times: 1.25, more: 8 } as const

/** It asks clients until it has at most this many times the mean, and some more. */
const enough = { times: 1.1, more: 4 } as const

/** Most links that are asked at one look: five a second cost no node more than a percent of a core. */
const maxAsked = 50

/** Part of the excess that is asked at one look: the others tell their new numbers before the next one. */
const part = 1 / 6

/**
 * Sends clients to other nodes while this one has far more links than the mean, slowly: a node that was restarted would
 * otherwise stay empty.
 */
export class LoadSpread {
  readonly #options: LoadSpreadOptions
  #looks = 0
  #timer: TimerHandle

  constructor(options: LoadSpreadOptions) {
    this.#options = options
    this.#lookLater()
  }

  close(): void {
    this.#options.clock.clearTimeout(this.#timer)
  }

  #lookLater(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#lookLater()
      this.#look()
    }, lookMs)
  }

  #look(): void {
    const { links, others, askToLeave, logger } = this.#options
    const own = links()
    const rest = others()
    if (own === undefined || rest.length === 0) {
      this.#looks = 0
      return
    }
    const mean = (own + rest.reduce((sum, each) => sum + each, 0)) / (rest.length + 1)
    const isAsking = this.#looks >= patience
    const limit = isAsking ? enough : tooMany
    this.#looks = own > limit.times * mean + limit.more ? this.#looks + 1 : 0
    if (this.#looks < patience) return
    const asked = askToLeave(Math.min(maxAsked, Math.ceil((own - mean) * part)))
    if (asked > 0) logger.info({ links: own, mean: Math.round(mean), asked }, 'clients are asked to use another node')
  }
}

export interface SpreadLoadOptions extends Pick<LoadSpreadOptions, 'clock' | 'logger'> {
  readonly localNode: Pick<LocalNode, 'load' | 'askToLeave'>
  readonly members: Members
}

/** The spread of a node, by what the nodes tell each other. */
export function spreadLoad({ localNode, members, ...shared }: SpreadLoadOptions): LoadSpread {
  return new LoadSpread({
    ...shared,
    links: () => (localNode.load.draining ? undefined : localNode.load.links),
    others: () => {
      const taking = [...members].filter(({ state, draining }) => state === 'up' && !draining)
      return taking.map(({ links }) => links)
    },
    askToLeave: (most) => localNode.askToLeave(most),
  })
}
