import { type Forward, parseForward } from './forward-spec.js'
import type { ForwardOptions, OpenForward } from './forward-options.js'
import { openTcpForward } from './tcp-forward.js'
import { openUdpForward } from './udp-forward.js'

/** Fixed ports: each leads to one target, without a proxy protocol. */
export class Forwards {
  readonly #options: ForwardOptions
  readonly #wanted: readonly Forward[]
  #open: readonly OpenForward[] = []

  /** @throws RangeError for an invalid text, see {@link parseForward}, and for more than 64 of them */
  constructor(texts: readonly string[], options: ForwardOptions) {
    if (texts.length > maxForwards) throw new RangeError(`${texts.length} fixed ports; the limit is ${maxForwards}`)
    this.#wanted = texts.map(parseForward)
    this.#options = options
  }

  /** Opens all, or none. @throws ListenError if one is taken or not permitted */
  async listen(): Promise<readonly Forward[]> {
    if (this.#open.length > 0) return []
    try {
      for (const forward of this.#wanted) this.#open = [...this.#open, await openForward(forward, this.#options)]
    } catch (error) {
      await this.close()
      throw error
    }
    return this.#open.map(({ forward }) => forward)
  }

  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  async close({ graceMs = 0 }: { graceMs?: number } = {}): Promise<void> {
    const open = this.#open
    this.#open = []
    await Promise.all(open.map((each) => each.close(graceMs)))
  }
}

/** Opens one fixed port. @throws ListenError if it is taken or not permitted */
export function openForward(forward: Forward, options: ForwardOptions): Promise<OpenForward> {
  return forward.protocol === 'udp' ? openUdpForward(forward, options) : openTcpForward(forward, options)
}

/** More than anyone maintains by hand; a longer list is a mistake. */
const maxForwards = 64
