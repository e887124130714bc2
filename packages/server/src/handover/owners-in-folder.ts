import { once } from 'node:events'
import { lstatSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { discardStream } from '@ls/dial'
import { makeOwnerId, ownerIdOf } from './session-id.js'
import type { SessionOwner, SessionOwners } from './session-owners.js'

/**
 * Processes of one machine: each takes passed links at a UNIX socket in a folder that only their user may enter. The
 * folder is all that they share, so none has to know which others run.
 */
export class OwnersInFolder implements SessionOwners {
  readonly ownId = makeOwnerId()
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Where this process takes passed links. */
  get ownPath(): string {
    return this.#pathOf(this.ownId)
  }

  findOwner(sessionId: string): SessionOwner | undefined {
    const path = this.#pathOf(ownerIdOf(sessionId))
    const stats = lstatSync(path, { throwIfNoEntry: false })
    return stats?.isSocket() === true ? { connect: () => connectTo(path) } : undefined
  }

  #pathOf(ownerId: string): string {
    return join(this.#folder, `${ownerId}.sock`)
  }
}

async function connectTo(path: string): Promise<Duplex> {
  const socket = connect({ path, allowHalfOpen: true })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(connectDeadlineMs) })
    return socket
  } catch (error) {
    discardStream(socket)
    // Killed: it is not coming back, and its sessions are not either.
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') rmSync(path, { force: true })
    throw error
  }
}

/** The other process is on this machine: if it does not accept within this time, in milliseconds, it hangs. */
const connectDeadlineMs = 5000
