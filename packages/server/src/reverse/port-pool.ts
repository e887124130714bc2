import { ServerError } from '../errors.js'

export interface TakeOptions {
  /** Port to take; with 0 the system chooses one when the port is opened. @default any free one */
  readonly wanted?: number | undefined
  /** Port that is not available, because the server itself listens on it. */
  readonly except?: number | undefined
}

/** Ports for reverse tokens. A port stays taken from the moment a token gets it until no listener uses it any more. */
export class PortPool {
  readonly #first: number
  readonly #last: number
  readonly #taken = new Set<number>()

  /** Creates a pool with a range for tokens that set no port: from `first` to `last`. */
  constructor([first, last]: readonly [number, number]) {
    this.#first = first
    this.#last = last
  }

  /** Takes a port. @throws ServerError `ERR_SERVER_PORT_TAKEN` when the port is taken, or none is free */
  take({ wanted, except }: TakeOptions = {}): number {
    if (wanted === 0) return 0
    const port = wanted ?? this.#anyFree(except)
    if (port === except || this.#taken.has(port)) {
      throw new ServerError('ERR_SERVER_PORT_TAKEN', `cannot allocate port: ${port}`)
    }
    this.#taken.add(port)
    return port
  }

  release(port: number): void {
    this.#taken.delete(port)
  }

  #anyFree(except: number | undefined): number {
    const size = this.#last - this.#first + 1
    // Starts at a random port, so that a freed port is not reused immediately.
    const start = Math.floor(Math.random() * size)
    for (let step = 0; step < size; step++) {
      const port = this.#first + ((start + step) % size)
      if (port !== except && !this.#taken.has(port)) return port
    }
    throw new ServerError('ERR_SERVER_PORT_TAKEN', `all ${size} ports from ${this.#first} to ${this.#last} are in use`)
  }
}
