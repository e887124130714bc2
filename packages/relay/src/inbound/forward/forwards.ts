import { maxTimerMs } from '@ls/foundation'
import { type Forward, parseForward } from './forward-spec.js'
import type { PortForwardOptions, OpenForward } from './port-forward-options.js'
import { openTcpForward } from './tcp-forward.js'
import { openUdpForward } from './udp-forward.js'

/** Fixed ports: each leads to one target, without a proxy protocol. */
export class Forwards {
  readonly #options: PortForwardOptions
  #wanted: ReadonlyMap<string, Forward>
  #isListening = false
  /** Open ports by their text. */
  readonly #open = new Map<string, OpenForward>()
  /** Ports that are no longer wanted, but still have connections. */
  readonly #draining = new Set<OpenForward>()

  /** @throws RangeError for an invalid text, see {@link parseForward}, and for more than 64 texts */
  constructor(texts: readonly string[], options: PortForwardOptions) {
    this.#wanted = parseForwards(texts)
    this.#options = options
  }

  /** Opens all ports, or none. @throws ListenError if one is taken or not permitted */
  async listen(): Promise<readonly Forward[]> {
    if (this.#open.size > 0) return []
    this.#isListening = true
    await this.#openAll(this.#wanted)
    return [...this.#open.values()].map(({ forward }) => forward)
  }

  /**
   * Prepares other fixed ports: opens the new ones. `commit` closes those that are no longer wanted; their connections
   * stay. Before {@link listen}, nothing opens.
   *
   * @throws ListenError for a port that cannot be opened, RangeError for an invalid text; then nothing has changed
   */
  async change(texts: readonly string[]): Promise<ForwardChange> {
    const wanted = parseForwards(texts)
    const added = new Map([...wanted].filter(([text]) => this.#isListening && !this.#open.has(text)))
    await this.#openAll(added)
    return {
      opened: [...added.keys()].flatMap((text) => this.#open.get(text)?.forward ?? []),
      commit: () => {
        this.#wanted = wanted
        this.#stop((text) => !wanted.has(text))
      },
      undo: () => this.#stop((text) => added.has(text)),
    }
  }

  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  async close({ graceMs = 0 }: { graceMs?: number | undefined } = {}): Promise<void> {
    this.#isListening = false
    const open = [...this.#open.values(), ...this.#draining]
    this.#open.clear()
    await Promise.all(open.map((each) => each.close(graceMs)))
  }

  async #openAll(forwards: ReadonlyMap<string, Forward>): Promise<void> {
    try {
      for (const [text, forward] of forwards) this.#open.set(text, await openForward(forward, this.#options))
    } catch (error) {
      this.#stop((text) => forwards.has(text))
      throw error
    }
  }

  #stop(isUnwanted: (text: string) => boolean): void {
    for (const [text, open] of this.#open) {
      if (!isUnwanted(text)) continue
      this.#open.delete(text)
      this.#draining.add(open)
      void open.close(maxTimerMs).finally(() => this.#draining.delete(open))
    }
  }
}

/** A change of fixed ports, like {@link PortChange}. */
export interface ForwardChange {
  readonly opened: readonly Forward[]
  commit(): void
  undo(): void
}

/** Parses all texts. @throws RangeError for an invalid text and for too many */
function parseForwards(texts: readonly string[]): ReadonlyMap<string, Forward> {
  if (texts.length > maxForwards) throw new RangeError(`${texts.length} fixed ports; the limit is ${maxForwards}`)
  return new Map(texts.map((text) => [text, parseForward(text)]))
}

/** Opens one fixed port. @throws ListenError if it is taken or not permitted */
export function openForward(forward: Forward, options: PortForwardOptions): Promise<OpenForward> {
  return forward.protocol === 'udp' ? openUdpForward(forward, options) : openTcpForward(forward, options)
}

/** Most fixed ports: a longer list than a person maintains by hand is a mistake. */
const maxForwards = 64
