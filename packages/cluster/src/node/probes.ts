import type { Clock } from '@ls/foundation'
import { dialNode, isGone } from '../trunk/dial-node.js'
import { type NodeHello, nodeVersion } from '../trunk/node-hello.js'
import type { NodeSecret } from '../trunk/node-secret.js'
import { answerMs, type Members } from './members.js'

export interface ProbesOptions {
  readonly clock: Clock
  readonly ownId: string
  readonly secret: NodeSecret | undefined
  readonly members: Pick<Members, 'addressOf' | 'gone'>
}

/** Refusals after which a node counts as gone: one may be that of a node that is being restarted. */
const refusalsOfDead = 2

/** Time between two attempts, in milliseconds. */
const retryMs = 100

/** Connections to nodes that check whether they still run. */
export class Probes {
  readonly #options: ProbesOptions
  #isClosed = false

  constructor(options: ProbesOptions) {
    this.#options = options
  }

  close(): void {
    this.#isClosed = true
  }

  /** Checks whether a node that was lost still runs: a killed one refuses connections, and is gone. */
  async check(id: string): Promise<void> {
    const { clock, members } = this.#options
    for (let refusals = 0; refusals < refusalsOfDead; refusals++) {
      try {
        if (!this.#isClosed) await this.#dial(id)
        return
      } catch (error) {
        if (!isGone(error)) return
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, retryMs))
      }
    }
    members.gone(id)
  }

  /** Whether a node answers within {@link answerMs}. Never rejects. */
  async isAnswering(id: string): Promise<boolean> {
    const { clock } = this.#options
    const late = new Promise<boolean>((resolve) => void clock.setTimeout(() => resolve(false), answerMs))
    try {
      return await Promise.race([this.#dial(id), late])
    } catch (error) {
      if (isGone(error)) void this.check(id)
      return false
    }
  }

  /** Connects and leaves; false for a node without an address. @throws why it cannot be reached */
  async #dial(id: string): Promise<boolean> {
    const { ownId, secret, members } = this.#options
    const address = members.addressOf(id)
    if (address === undefined) return false
    const { stream } = await dialNode(address, secret, helloOf('probe', ownId, id))
    stream.destroy()
    return true
  }
}

/** Hello for anything but a trunk. */
export function helloOf(purpose: 'link' | 'probe', from: string, to: string): NodeHello {
  return { version: nodeVersion, purpose, from, to }
}
