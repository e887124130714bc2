import type { TimerHandle } from '@ls/foundation'
import type { Flow } from '../flow/flow.js'
import type { ChannelHost } from '../session/table-entry.js'

/**
 * Delays full messages for a base peer for a moment, to combine them with the next ones: a Go program drops messages of
 * a channel after 1,000 are waiting (docs/interop.md), and peers with credit send 64 KiB at a time. Messages shorter
 * than a full one never wait.
 */
export class Gathering {
  readonly #host: ChannelHost
  readonly #flow: Flow
  #timer: TimerHandle

  constructor(host: ChannelHost, flow: Flow) {
    this.#host = host
    this.#flow = flow
  }

  /** Sends the content of the flow, now or in a moment, after the flow was filled. */
  filled(): void {
    const { queuedBytes } = this.#flow
    const { clock, quantumBytes, baseMessageSize } = this.#host.options
    const mostBytes = baseMessageSize?.bytes ?? quantumBytes
    if (queuedBytes < quantumBytes || queuedBytes >= mostBytes) return this.#send()
    this.#timer ??= clock.setTimeout(() => this.#send(), gatherMs)
  }

  /** Stops: no more messages wait here. */
  stop(): void {
    this.#host.options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #send(): void {
    this.stop()
    this.#host.activate(this.#flow)
  }
}

/** Shortest timer of Node, in milliseconds: 64 KiB in this time are 65 MB/s. */
const gatherMs = 1
