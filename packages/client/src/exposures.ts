import { encode, type ExposedMessage, type Extension, MessageType } from '@ls/codec'
import { type Clock, textOf, type TimerHandle } from '@ls/foundation'
import type { Session } from '@ls/mux'
import {
  type Exposure,
  formatExposure,
  formatTarget,
  parseExposure,
  portRetryMs,
  readPlace,
  writeExposure,
} from '@ls/relay'

export interface ExposuresOptions {
  readonly clock: Clock
  /** Called when the server has opened a port; `exposure` contains the one that was chosen for 0. */
  onExposed(exposure: Exposure): void
  /** Called when the server did not open it; the request is repeated later. */
  onRefused(exposure: Exposure, reason: string): void
}

/** An exposure that a provider wants, and the server's answer. */
interface Wanted {
  readonly id: number
  readonly exposure: Exposure
  /** The open exposure; the next session requests the same port. */
  exposed: Exposure | undefined
  /** Reason of the last refusal. */
  refusal: string | undefined
  /** Refusals in a row. */
  refusals: number
  retryTimer: TimerHandle
}

/**
 * Ports that a provider opens at the server. They are requested in each session, since a server removes them at the end
 * of a session.
 */
export class Exposures {
  readonly #options: ExposuresOptions
  readonly #wanted: readonly Wanted[]
  #closed = false

  /** @throws RangeError for an invalid text, and for more than 64 of them */
  constructor(texts: readonly string[], options: ExposuresOptions) {
    if (texts.length > maxExposures) throw new RangeError(`${texts.length} exposed ports; the limit is ${maxExposures}`)
    this.#options = options
    this.#wanted = texts.map((text, id) => {
      return {
        id,
        exposure: parseExposure(text),
        exposed: undefined,
        refusal: undefined,
        refusals: 0,
        retryTimer: undefined,
      }
    })
  }

  /** Access rules for the exposed targets. */
  get accessRules(): readonly string[] {
    return this.#wanted.map(({ exposure }) => formatTarget(exposure.target))
  }

  /** Requests the ports in a new session with these extensions. */
  sessionBegan(session: Session, agreed: readonly Extension[]): void {
    if (this.#wanted.length === 0) return
    for (const wanted of this.#wanted) wanted.refusals = 0
    if (agreed.includes('expose')) for (const wanted of this.#wanted) this.#ask(session, wanted)
    else for (const { exposure } of this.#wanted) this.#options.onRefused(exposure, notSupported)
  }

  /** Handles an answer of the server. */
  receive(session: Session, message: ExposedMessage): void {
    const wanted = this.#wanted[message.id]
    if (wanted === undefined) return
    const exposed = openedBy(message, wanted.exposure)
    if (typeof exposed === 'string') return this.#refused(session, wanted, exposed)
    const isNew = wanted.exposed === undefined || formatExposure(wanted.exposed) !== formatExposure(exposed)
    wanted.exposed = exposed
    wanted.refusal = undefined
    wanted.refusals = 0
    if (isNew) this.#options.onExposed(exposed)
  }

  close(): void {
    this.#closed = true
    for (const { retryTimer } of this.#wanted) this.#options.clock.clearTimeout(retryTimer)
  }

  #ask(session: Session, { id, exposure, exposed }: Wanted): void {
    if (this.#closed || session.state === 'closed') return
    session.send(encode({ type: MessageType.Expose, id, ...writeExposure(exposed ?? exposure) }))
  }

  /**
   * Handles a refusal. The request is repeated: another provider may release the port, and a port that the server chose
   * before may be in use now.
   */
  #refused(session: Session, wanted: Wanted, reason: string): void {
    const { clock, onRefused } = this.#options
    const wasChosen = wanted.exposed !== undefined && isAnyPort(wanted.exposure)
    wanted.exposed = undefined
    if (wasChosen) return this.#ask(session, wanted)
    // The request is repeated every few seconds; the same answer is not reported again.
    if (reason !== wanted.refusal) onRefused(wanted.exposure, reason)
    wanted.refusal = reason
    clock.clearTimeout(wanted.retryTimer)
    wanted.retryTimer = clock.setTimeout(() => this.#ask(session, wanted), portRetryMs(++wanted.refusals))
  }
}

/** The open exposure, or the reason why it is not open. */
function openedBy({ open, error }: ExposedMessage, wanted: Exposure): Exposure | string {
  if (open === undefined) return error ?? 'the server gave no reason'
  try {
    return { ...wanted, place: readPlace(open) }
  } catch (cause) {
    return `the server's answer is wrong: ${textOf(cause)}`
  }
}

function isAnyPort({ place }: Exposure): boolean {
  return 'port' in place && place.port === 0
}

const notSupported = 'the server opens no ports for providers: it is a deployed or an older program'

/** The server's limit for one token. */
const maxExposures = 64
