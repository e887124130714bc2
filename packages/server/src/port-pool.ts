import { ServerError } from './errors.js'

/** Ports for reverse tokens. A port is taken from the moment a token has it until the token is gone. */
export class PortPool {
  readonly #first: number
  readonly #last: number
  readonly #taken = new Set<number>()

  constructor([first, last]: readonly [number, number]) {
    this.#first = first
    this.#last = last
  }

  /** Takes `wanted`, or any free port. @throws ServerError when it is taken, or none is free */
  take(wanted?: number): number {
    const port = wanted ?? this.#anyFree()
    if (this.#taken.has(port)) throw new ServerError('ERR_SERVER_PORT_TAKEN', `cannot allocate port: ${port}`)
    this.#taken.add(port)
    return port
  }

  release(port: number): void {
    this.#taken.delete(port)
  }

  #anyFree(): number {
    const size = this.#last - this.#first + 1
    // From a random place on, so that a port is not the next token's right after it was given back.
    const start = Math.floor(Math.random() * size)
    for (let step = 0; step < size; step++) {
      const port = this.#first + ((start + step) % size)
      if (!this.#taken.has(port)) return port
    }
    throw new ServerError('ERR_SERVER_PORT_TAKEN', `all ${size} ports from ${this.#first} to ${this.#last} are taken`)
  }
}
