import { encode, type ExposedMessage, type Extension, MessageType } from '@ls/codec'
import { type Clock, textOf, type TimerHandle } from '@ls/foundation'
import type { Session } from '@ls/mux'
import { type Exposure, formatExposure, formatTarget, parseExposure, readPlace, writeExposure } from '@ls/relay'

export interface ExposuresOptions {
  readonly clock: Clock
  /** The server has opened a port; `exposure` has the one that was chosen for 0. */
  onExposed(exposure: Exposure): void
  /** The server did not open it; it is asked again later. */
  onRefused(exposure: Exposure, reason: string): void
}

/** What a provider wants exposed, and what the server made of it. */
interface Wanted {
  readonly id: number
  readonly exposure: Exposure
  /** As it is open; the next session asks for the same port. */
  exposed: Exposure | undefined
  /** Why it was refused last. */
  refusal: string | undefined
  retryTimer: TimerHandle
}

/**
 * The ports that a provider has opened at the server: asked for in each session, since a server forgets them with it.
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
      return { id, exposure: parseExposure(text), exposed: undefined, refusal: undefined, retryTimer: undefined }
    })
  }

  /** Access rules for the exposed targets. */
  get accessRules(): readonly string[] {
    return this.#wanted.map(({ exposure }) => formatTarget(exposure.target))
  }

  /** A new session has begun with these extensions in force. */
  sessionBegan(session: Session, agreed: readonly Extension[]): void {
    if (this.#wanted.length === 0) return
    if (agreed.includes('expose')) for (const wanted of this.#wanted) this.#ask(session, wanted)
    else for (const { exposure } of this.#wanted) this.#options.onRefused(exposure, notSupported)
  }

  /** The server has answered. */
  receive(session: Session, message: ExposedMessage): void {
    const wanted = this.#wanted[message.id]
    if (wanted === undefined) return
    const exposed = openedBy(message, wanted.exposure)
    if (typeof exposed === 'string') return this.#refused(session, wanted, exposed)
    const isNew = wanted.exposed === undefined || formatExposure(wanted.exposed) !== formatExposure(exposed)
    wanted.exposed = exposed
    wanted.refusal = undefined
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

  /** Another provider may give the port up, and a port that the server chose before may be taken now. */
  #refused(session: Session, wanted: Wanted, reason: string): void {
    const { clock, onRefused } = this.#options
    const wasChosen = wanted.exposed !== undefined && isAnyPort(wanted.exposure)
    wanted.exposed = undefined
    if (wasChosen) return this.#ask(session, wanted)
    // It is asked for every few seconds, and the same answer is no news.
    if (reason !== wanted.refusal) onRefused(wanted.exposure, reason)
    wanted.refusal = reason
    clock.clearTimeout(wanted.retryTimer)
    wanted.retryTimer = clock.setTimeout(() => this.#ask(session, wanted), retryMs)
  }
}

/** What is open, or why it is not. */
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

/** As many as a server opens for one token. */
const maxExposures = 64

/** Soon enough after a port is free again, in milliseconds. */
const retryMs = 10_000
