import { once } from 'node:events'
import { lstatSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { discardStream } from '@ls/dial'
import { makeOwnerId, ownerIdOf } from './session-id.js'
import type { SessionOwner, SessionOwners } from './session-owners.js'

/**
 * Session owners on one machine. Each process accepts passed links at a UNIX socket in a folder that only their user
 * can enter. The folder is all that they share, so no process needs a list of the others.
 */
export class OwnersInFolder implements SessionOwners {
  readonly ownId = makeOwnerId()
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Path of the socket where this process accepts passed links. */
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
    await once(socket, 'connect', { signal: AbortSignal.timeout(connectTimeoutMs) })
    return socket
  } catch (error) {
    discardStream(socket)
    // The process was killed. It does not return, and its sessions are lost.
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') rmSync(path, { force: true })
    throw error
  }
}

/** Time for another process on this machine to accept, in milliseconds; a process that needs longer hangs. */
const connectTimeoutMs = 5000
