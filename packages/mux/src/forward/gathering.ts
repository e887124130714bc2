import type { TimerHandle } from '@ls/foundation'
import type { Flow } from '../flow/flow.js'
import type { ChannelHost } from '../session/table-entry.js'

/**
 * Lets full messages for a base peer wait a moment for the next ones, to leave as one: a Go program drops what comes
 * beyond 1,000 messages of a channel (docs/interop.md), and peers with credit send 64 KiB at a time. What is shorter
 * than a full message never waits.
 */
export class Gathering {
  readonly #host: ChannelHost
  readonly #flow: Flow
  #timer: TimerHandle

  constructor(host: ChannelHost, flow: Flow) {
    this.#host = host
    this.#flow = flow
  }

  /** The flow was filled: sends what it holds, now or in a moment. */
  filled(): void {
    const { queuedBytes } = this.#flow
    const { clock, quantumBytes, baseMessageSize } = this.#host.options
    const mostBytes = baseMessageSize?.bytes ?? quantumBytes
    if (queuedBytes < quantumBytes || queuedBytes >= mostBytes) return this.#send()
    this.#timer ??= clock.setTimeout(() => this.#send(), gatherMs)
  }

  /** Nothing more waits here. */
  stop(): void {
    this.#host.options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #send(): void {
    this.stop()
    this.#host.activate(this.#flow)
  }
}

/** Shortest timer of Node, in milliseconds: 64 KiB in it are 65 MB/s. */
const gatherMs = 1
