import type { Flow } from '../flow/flow.js'
import type { ChannelHost } from '../session/table-entry.js'

/** A rate that several forwarded channels share, in one direction. */
export interface ForwardRate {
  /** Joins the rate; `onTurn` is called when bytes may leave again after `pay` has returned false. */
  turn(onTurn: () => void): { pay(bytes: number): boolean; close(): void }
  /** Uses the rate for a datagram, which cannot wait; false if it has to be dropped. */
  takeNow(bytes: number): boolean
}

/** Rates of forwarded channels: bytes wait for the rate, and datagrams are dropped. */
export interface ForwardPace {
  /** From the opener to the target. @default no limit */
  readonly toTarget?: ForwardRate | undefined
  /** From the target to the opener. @default no limit */
  readonly toOpener?: ForwardRate | undefined
  /** Called for each datagram that is dropped because of its rate. @default ignored */
  readonly onDropped?: (() => void) | undefined
}

/**
 * Holds a flow back while its rate does not let more of it leave. Credit is granted to its sender when bytes have left,
 * so that the sender waits.
 */
export class Pacing {
  readonly #rate: ForwardRate
  readonly #flow: Flow
  readonly #turn: ReturnType<ForwardRate['turn']>
  readonly #onDropped: (() => void) | undefined

  private constructor(rate: ForwardRate, { flow, host }: PacedFlow, onDropped: (() => void) | undefined) {
    this.#rate = rate
    this.#flow = flow
    this.#onDropped = onDropped
    this.#turn = rate.turn(() => {
      flow.release()
      host.activate(flow)
    })
  }

  /** Makes the pacing for a flow that leads to this end of a channel; undefined if it has no rate. */
  static of(pace: ForwardPace, end: 'opener' | 'target', flow: PacedFlow): Pacing | undefined {
    const rate = end === 'target' ? pace.toTarget : pace.toOpener
    return rate === undefined ? undefined : new Pacing(rate, flow, pace.onDropped)
  }

  /** Counts bytes of the stream that have left. */
  sent(bytes: number): void {
    if (bytes > 0 && !this.#turn.pay(bytes)) this.#flow.hold()
  }

  /** Whether a datagram may leave. */
  takes(bytes: number): boolean {
    const mayLeave = this.#rate.takeNow(bytes)
    if (!mayLeave) this.#onDropped?.()
    return mayLeave
  }

  /** Leaves the rate: no more bytes will be sent. */
  stop(): void {
    this.#turn.close()
  }
}

interface PacedFlow {
  readonly flow: Flow
  readonly host: Pick<ChannelHost, 'activate'>
}
