import { isCompressed } from '@ls/codec'
import type { ProgressWatch } from '@ls/foundation'
import type { Channel } from '../channel/channel.js'
import { inOurVersion } from '../channel/held-message.js'
import { stuckText, watchEnd } from '../channel/linger.js'
import { maxBaseMessageBytes } from '../channel/peer-rules.js'
import { Flow, type FlowOwner } from '../flow/flow.js'
import { Charge } from '../memory/charge.js'
import type { SessionEnd } from '../session/session-end.js'
import type { TableEntry } from '../session/table-entry.js'
import { Gathering } from './gathering.js'
import { Reframing } from './reframing.js'

/** Parts of a {@link HalfQueue}. */
export interface HalfQueueInit {
  readonly host: SessionEnd
  readonly request: Channel
  /** Whether both links have `window`: credit passes through, and messages stay as they are. */
  readonly direct: boolean
  readonly owner: FlowOwner & Pick<TableEntry, 'idleChecks'>
  /** Called when compressed Data does not inflate; the queue gets no more payload. */
  onError(error: Error): void
}

/** Queue of one half of a forwarded channel: messages for its link's peer, in a form that this peer accepts. */
export class HalfQueue {
  /** Never waits for credit where credit passes through. */
  readonly flow: Flow
  /** The session whose messages fill the queue; set right after construction. */
  filler!: SessionEnd

  readonly #host: SessionEnd
  readonly #owner: HalfQueueInit['owner']
  readonly #direct: boolean
  readonly #reframing: Reframing
  /** Present for streams to a base peer. */
  readonly #gathering: Gathering | undefined
  #isFinished = false
  #linger: ProgressWatch | undefined
  /** Charge of the queue, on the budget of the {@link filler}. */
  #charge: Charge | undefined

  constructor({ host, request, direct, owner, onError }: HalfQueueInit) {
    const { sendQueueBytes, window, peerWindowBytes, framePool, compressor } = host.options
    this.#host = host
    this.#owner = owner
    this.#direct = direct
    this.flow = new Flow({
      channelId: request.id,
      owner,
      highWaterBytes: sendQueueBytes,
      creditBytes: window && !direct ? peerWindowBytes : Infinity,
      framePool,
    })
    this.#reframing = new Reframing({ flow: this.flow, compressor, onFilled: () => this.#filled(), onError })
    if (!window && request.protocol === 'tcp') this.#gathering = new Gathering(host, this.flow)
  }

  /** Bytes in the queue, in the form in which they arrived. */
  get bytes(): number {
    return this.flow.queuedBytes + this.#reframing.waitingBytes
  }

  /** Limit of the queue in bytes: the credit where there is any, otherwise the limit of base links. */
  get limitBytes(): number {
    const { window, maxWindowBytes, queueBytes } = this.#host.options
    if (!window) return queueBytes
    // Correct ends respect their credit, which is at most a window. This limit is for all others.
    return this.#direct ? 2 * maxWindowBytes : Infinity
  }

  /** Queues Data of `bytes` payload. */
  push(message: Uint8Array, bytes: number): void {
    this.#owner.idleChecks = 0
    if (this.#direct || bytes === 0 || this.#takesCompressed(message)) {
      this.flow.pushMessage(inOurVersion(message), bytes)
    } else {
      // Base peers send 1 MiB in one message, more than a window or another base peer may accept. It is framed again to
      // fit.
      this.#reframing.push(message, bytes)
    }
    this.#filled()
  }

  /** Queues the last message. */
  finish(message: Uint8Array): void {
    this.#isFinished = true
    this.#reframing.finish(message)
    this.#filled()
  }

  /** Holds back all messages until {@link release}. */
  hold(): void {
    this.flow.hold()
  }

  release(): void {
    this.flow.release()
    this.#host.activate(this.flow)
  }

  /** Adds a grant of credit; false if the sum exceeds the largest possible window. */
  addCredit(bytes: number): boolean {
    if (!this.flow.addCredit(bytes)) return false
    this.#host.activate(this.flow)
    return true
  }

  /** Calls `giveUp` when the queue makes no progress for `lingerMs`. */
  linger(giveUp: (error: string) => void): void {
    // Payload that is still being inflated shrinks while there is progress.
    const restBytes = (): number => this.bytes + this.#reframing.restBytes
    const { lingerMs } = this.#host.options
    this.#linger ??= watchEnd(this.#host, restBytes, () => giveUp(stuckText(restBytes(), lingerMs)))
  }

  /** Called when the flow has room again. */
  onDrain(): void {
    this.#reframing.onDrain()
  }

  /** Updates the budget of the link that filled the queue; once the queue shrinks, that link may read again. */
  account(): void {
    const charge = (this.#charge ??= new Charge(this.filler.options.budget))
    const before = charge.bytes
    charge.update(this.flow.memoryBytes + this.#reframing.memoryBytes)
    if (charge.bytes <= before) this.filler.recheckReading()
  }

  /** Drops the queue; nothing more is sent. */
  close(): void {
    this.flow.cut()
    this.#reframing.stop()
    this.#gathering?.stop()
    this.#linger?.stop()
    this.account()
  }

  #filled(): void {
    this.account()
    if (this.#gathering === undefined || this.#isFinished) this.#host.activate(this.flow)
    else this.#gathering.filled()
  }

  /** Whether compressed Data is passed on unchanged: on base links, up to the size that every deployed peer accepts. */
  #takesCompressed(message: Uint8Array): boolean {
    return !this.#host.options.window && isCompressed(message) && message.length <= maxBaseMessageBytes
  }
}
