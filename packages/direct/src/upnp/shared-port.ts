import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { PortMapper } from './port-mapper.js'
import type { PortMapping } from './port-mapping.js'

/** One UDP port of this machine, and its mapping at the router. */
export interface MappedPort {
  readonly port: number
  readonly mapping: PortMapping | undefined
}

/**
 * UDP port that all data channels of a client share, so that one mapping of the router serves them. The library opens
 * it with the first connection and closes it after the last one.
 */
export class SharedPort {
  readonly #mapper: PortMapper
  /** Undefined after a failure: the next caller tries again. */
  #current: Promise<MappedPort> | undefined

  constructor(mapper: PortMapper) {
    this.#mapper = mapper
    void this.#begin()
  }

  /** The port now. Rejects where none can be opened, such as without a free descriptor. */
  get current(): Promise<MappedPort> {
    return this.#current ?? this.#begin()
  }

  /** Chooses another port in place of one that another program has opened meanwhile. */
  replace({ mapping }: MappedPort): void {
    void this.#begin()
    if (mapping !== undefined) void this.#mapper.unmap(mapping)
  }

  #begin(): Promise<MappedPort> {
    const chosen = this.#choose()
    this.#current = chosen
    // It may fail before a caller waits for it.
    chosen.catch(() => {
      if (this.#current === chosen) this.#current = undefined
    })
    return chosen
  }

  async #choose(): Promise<MappedPort> {
    const port = await freePort()
    return { port, mapping: this.#mapper.map(port) }
  }
}

/** A UDP port that no program has open now. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0)
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}
