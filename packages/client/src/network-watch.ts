import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { Clock, TimerHandle } from '@ls/foundation'

export interface NetworkWatchOptions {
  readonly clock: Clock
  /** Called when the network may have changed, or the machine was asleep. */
  onChange(reason: string): void
  /** Describes the network connection as text that changes with it. @default its addresses and, on Linux, its routes */
  readonly network?: (() => string) | undefined
  /** Time of day in milliseconds, which continues while a machine sleeps. @default Date.now */
  readonly timeOfDay?: (() => number) | undefined
}

/** Checks once a second whether the network has changed or the machine has slept, for waiting links. */
export class NetworkWatch {
  readonly #options: NetworkWatchOptions
  readonly #network: () => string
  readonly #timeOfDay: () => number
  #timer: TimerHandle
  #running = false
  #lastNetwork = ''
  #lastLookMs = 0

  constructor(options: NetworkWatchOptions) {
    this.#options = options
    this.#network = options.network ?? currentNetwork
    this.#timeOfDay = options.timeOfDay ?? Date.now
  }

  /** Starts the checks; does nothing if they are running. */
  start(): void {
    if (this.#running) return
    this.#running = true
    this.#lastNetwork = this.#currentNetwork()
    this.#arm()
  }

  stop(): void {
    this.#running = false
    this.#options.clock.clearTimeout(this.#timer)
  }

  #arm(): void {
    this.#lastLookMs = this.#timeOfDay()
    this.#timer = this.#options.clock.setTimeout(() => this.#look(), lookMs)
  }

  #look(): void {
    const wasAsleep = this.#timeOfDay() - this.#lastLookMs > lookMs + awayMs
    const network = this.#currentNetwork()
    const hasChanged = network !== this.#lastNetwork
    this.#lastNetwork = network
    this.#arm()
    if (hasChanged) this.#options.onChange('the network has changed')
    else if (wasAsleep) this.#options.onChange('this machine was suspended')
  }

  /**
   * Describes the network. Keeps the last answer if the system gives none: the query needs a descriptor, and none may
   * be free.
   */
  #currentNetwork(): string {
    try {
      return this.#network()
    } catch {
      return this.#lastNetwork
    }
  }
}

/** Interval of checks: a change is noticed half a second late on average; a check takes a tenth of a millisecond. */
const lookMs = 1000

/** Delay of a timer, in milliseconds, which means that the machine slept or the process was stopped. */
const awayMs = 4000

function currentNetwork(): string {
  const addresses = Object.entries(networkInterfaces()).map(([name, all = []]) => [name, all.map(({ cidr }) => cidr)])
  return `${JSON.stringify(addresses)}${routes()}`
}

/** Routes of the system. They may change with the same address: a default route through another gateway. */
function routes(): string {
  return ['/proc/net/route', '/proc/net/ipv6_route'].map(routesIn).join('')
}

function routesIn(path: string): string {
  try {
    // Tables of a router may have a million lines, and columns after the gateway contain use counters.
    return readFileSync(path, 'latin1')
      .slice(0, maxRouteBytes)
      .split('\n')
      .map((line) => line.split(/\s+/).slice(0, 5).join(' '))
      .join('\n')
  } catch {
    return ''
  }
}

/** Longest part that is compared: the rest has hundreds of routes, and the first ones show a change as well. */
const maxRouteBytes = 65_536
