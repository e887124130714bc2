import { randomBytes } from 'node:crypto'
import type { Session } from '@ls/mux'

/** The session of a link as a live view shows it, with what its ended channels moved. */
export class SessionLink {
  /** Random: a request that was made for another run of the program must not meet a link of this one. */
  readonly id = randomBytes(8).toString('hex')
  /** Its session. */
  readonly session: Session
  /** When it began, in milliseconds of the session's clock. */
  readonly openedAtMs: number
  /** What ended channels moved. */
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

  /** Round trip measured last, in milliseconds. */
  get roundTripMs(): number | undefined {
    return this.session.roundTripMs()
  }

  /** Extensions in force. */
  get extensions(): readonly string[] {
    const { window, fin, resume } = this.session.options
    return Object.entries({ window, fin, resume }).flatMap(([name, inForce]) => (inForce ? [name] : []))
  }

  /** Bytes kept for resending. */
  get replayBytes(): number {
    return this.session.replayBytes
  }

  /** A connection is up; returns whether it is the first. */
  connected(): boolean {
    return ++this.#connections === 1
  }

  /** A channel over it has ended. */
  add({ bytesToTarget, bytesFromTarget }: { readonly bytesToTarget: number; readonly bytesFromTarget: number }): void {
    this.ended.bytesToTarget += bytesToTarget
    this.ended.bytesFromTarget += bytesFromTarget
  }
}
