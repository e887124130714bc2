import type { Clock, Logger } from '@ls/foundation'
import type { LinkOpener, OpenLinkRequest } from '@ls/link'
import type { MessageTransport } from '@ls/mux'

/** One of several servers of the same service. */
interface ServerChoice {
  /** Name for the log. */
  readonly name: string
  readonly opener: LinkOpener
}

/** Options of {@link failoverOpener}. */
export interface FailoverOptions {
  /** The servers, that to begin with first; at least one. */
  readonly servers: readonly ServerChoice[]
  /** Source of the order in which the others are tried, from 0 to below 1. @default Math.random */
  readonly random?: (() => number) | undefined
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Returns an opener that uses the first server that answers, and stays with it until it fails. The others are then
 * tried in random order: in the same order for all, each failure would bring the clients of two servers together.
 *
 * @throws RangeError when the servers do not all receive the token in the same way
 */
export function failoverOpener(options: FailoverOptions): LinkOpener {
  const [first, ...others] = options.servers
  if (first === undefined) throw new RangeError('there is no server to link to')
  if (others.length === 0) return first.opener
  const { authenticated, earlyData } = first.opener
  if (others.some(({ opener: other }) => other.authenticated !== authenticated || other.earlyData !== earlyData))
    throw new RangeError('the URLs of one service must all have the path /socket, or none; likewise `ed`')
  return new FailoverOpener(options, first)
}

class FailoverOpener implements LinkOpener {
  readonly authenticated: boolean
  readonly earlyData: boolean
  readonly #options: FailoverOptions
  /** The server that answered last; shared by all links, so that they move together. */
  #current: ServerChoice

  constructor(options: FailoverOptions, first: ServerChoice) {
    const { authenticated, earlyData = false } = first.opener
    this.#options = options
    this.#current = first
    this.authenticated = authenticated
    this.earlyData = earlyData
  }

  async open(request: OpenLinkRequest): Promise<MessageTransport> {
    const race = new Race(request, (server) => this.#use(server))
    try {
      for (const server of this.#inTurn()) {
        race.add(server)
        const transport = await this.#headStart(race)
        if (transport !== undefined) return transport
      }
      return await race.first()
    } finally {
      race.end()
    }
  }

  #use(server: ServerChoice): void {
    if (server === this.#current) return
    this.#options.logger.info({ server: server.name }, 'another server of the service is used from now on')
    this.#current = server
  }

  /** The current server, then the others in random order. */
  *#inTurn(): Generator<ServerChoice> {
    const { servers, random = Math.random } = this.#options
    const current = this.#current
    const others = servers.filter((server) => server !== current)
    yield current
    while (others.length > 0) yield* others.splice(Math.floor(random() * others.length), 1)
  }

  /** Resolves with the first transport; undefined once all attempts have failed, or when the next may begin. */
  #headStart(race: Race): Promise<MessageTransport | undefined> {
    const { clock } = this.#options
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => resolve(undefined), headStartMs)
      const end = (transport?: MessageTransport): void => {
        clock.clearTimeout(timer)
        resolve(transport)
      }
      race.first().then(end, () => end())
    })
  }
}

/**
 * Attempts of one link, of which the first to succeed ends the others. The race of `@ls/dial` (RFC 8305) is another
 * one: its addresses arrive while it runs and alternate by family, it takes each only once, and it chooses the most
 * telling error. Here the servers are known and have an order that a win changes.
 */
class Race {
  readonly #request: OpenLinkRequest
  readonly #stop = new AbortController()
  readonly #running: Promise<MessageTransport>[] = []
  readonly #onAbort = (): void => this.#stop.abort(this.#request.signal.reason)
  readonly #onWon: (server: ServerChoice) => void
  #isWon = false

  constructor(request: OpenLinkRequest, onWon: (server: ServerChoice) => void) {
    this.#request = request
    this.#onWon = onWon
    if (request.signal.aborted) this.#onAbort()
    request.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  add(server: ServerChoice): void {
    this.#running.push(this.#run(server))
  }

  /** Resolves with the first transport; rejects with the first error once all attempts have failed. */
  async first(): Promise<MessageTransport> {
    try {
      return await Promise.any(this.#running)
    } catch (error) {
      throw (error as AggregateError).errors[0]
    }
  }

  /** Ends the attempts that still run. */
  end(): void {
    this.#request.signal.removeEventListener('abort', this.#onAbort)
    this.#stop.abort(outpaced)
  }

  async #run(server: ServerChoice): Promise<MessageTransport> {
    this.#stop.signal.throwIfAborted()
    const transport = await server.opener.open({ ...this.#request, signal: this.#stop.signal })
    if (this.#isWon || this.#stop.signal.aborted) {
      transport.destroy()
      throw outpaced
    }
    this.#isWon = true
    this.#onWon(server)
    return transport
  }
}

const outpaced = new Error('another server answered first')

/**
 * Time before the next server is tried as well, in milliseconds: a machine that is gone does not refuse connections,
 * and three round trips of a slow link take less than this.
 */
const headStartMs = 1000
