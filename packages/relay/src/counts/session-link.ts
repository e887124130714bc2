import { randomBytes } from 'node:crypto'
import type { Session } from '@ls/mux'

/** The session of a link for the live view, with the totals of its ended channels. */
export class SessionLink {
  /** Random id: a request that was made for another run of the program must not match a link of this one. */
  readonly id = randomBytes(8).toString('hex')
  /** Session of the link. */
  readonly session: Session
  /** Time of its beginning, in milliseconds of the session's clock. */
  readonly openedAtMs: number
  /** Bytes that ended channels moved. */
  readonly ended = { bytesToTarget: 0, bytesFromTarget: 0 }
  #connections = 0

  constructor(session: Session) {
    this.session = session
    this.openedAtMs = session.options.clock.now()
  }

  /** Whether there is a connection now. */
  get up(): boolean {
    return this.session.linked
  }

  /** How often a new connection continued the session. */
  get resumes(): number {
    return Math.max(0, this.#connections - 1)
  }

  /** Last measured round trip, in milliseconds. */
  get roundTripMs(): number | undefined {
    return this.session.roundTripMs()
  }

  /** Extensions in force. */
  get extensions(): readonly string[] {
    const { window, fin, resume } = this.session.options
    return Object.entries({ window, fin, resume }).flatMap(([name, inForce]) => (inForce ? [name] : []))
  }

  /** Bytes buffered for resending. */
  get replayBytes(): number {
    return this.session.replayBytes
  }

  /** Notes that a connection is up; returns whether it is the first. */
  connected(): boolean {
    return ++this.#connections === 1
  }

  /** Adds a channel that has ended. */
  add({ bytesToTarget, bytesFromTarget }: { readonly bytesToTarget: number; readonly bytesFromTarget: number }): void {
    this.ended.bytesToTarget += bytesToTarget
    this.ended.bytesFromTarget += bytesFromTarget
  }
}
