import { turns, until } from '../../wait.js'
import { RecordingHandler } from '../recording-handler.js'
import type { TransportShape } from '../transport-shape.js'

/** Two connected transports for the contract suite; `left` is the one under test. */
export interface TransportPair {
  readonly left: TransportShape
  readonly right: TransportShape
  /** Close code that `right` gets after `left.destroy()`, if the medium cannot end without a close. @default 1006 */
  readonly destroyedCode?: number
  /** Advances a fake clock; called once per turn while the suite waits. */
  step?(): void
  /** Frees other resources of the pair; the suite has destroyed the transports by then. */
  dispose?(): Promise<void> | void
}

/** Size of one message of a long sequence, in bytes. */
export const chunkBytes = 16 * 1024

/** Most bytes that a transport may accept while the peer does not read: the buffers of the system and its own. */
const maxAcceptedBytes = 256 * 1024 * 1024

/** Turns of the event loop after which all bytes in flight inside this process have arrived. */
const settleTurns = 50

/** The pair of one test, and the handlers that record what arrives. */
export class TransportEnds {
  pair!: TransportPair
  left!: TransportShape
  right!: TransportShape
  atLeft!: RecordingHandler
  atRight!: RecordingHandler

  use(pair: TransportPair): void {
    this.pair = pair
    this.atLeft = new RecordingHandler()
    this.atRight = new RecordingHandler()
    this.left = this.atLeft.watch(pair.left)
    this.right = this.atRight.watch(pair.right)
  }

  async dispose(): Promise<void> {
    this.pair.left.destroy()
    this.pair.right.destroy()
    await this.pair.dispose?.()
  }

  connectHandlers(): void {
    this.left.setHandler(this.atLeft)
    this.right.setHandler(this.atRight)
  }

  wait(condition: () => boolean, what: string): Promise<void> {
    return until(() => {
      this.pair.step?.()
      return condition()
    }, what)
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < settleTurns; turn++) {
      this.pair.step?.()
      await turns(1)
    }
  }

  /**
   * Sends whenever possible until no more bytes leave; returns the number of messages. The system's buffers may take
   * the bytes that made `send` return false, so a single false does not end it.
   */
  async fill(): Promise<number> {
    let count = 0
    let drains: number
    do {
      drains = this.atLeft.drains
      do {
        if (++count * chunkBytes > maxAcceptedBytes)
          throw new Error(`took ${count} messages for a peer that reads none`)
      } while (this.left.send(new Uint8Array(chunkBytes)))
      await this.settle()
    } while (this.atLeft.drains > drains)
    return count
  }

  /** Sends `count` chunks, stopping at each false until onDrain; returns the most bytes that ever waited. */
  async sendPolitely(count: number): Promise<number> {
    let mostBytes = 0
    for (let sent = 0; sent < count; sent++) {
      const { drains } = this.atLeft
      const more = this.left.send(new Uint8Array(chunkBytes))
      mostBytes = Math.max(mostBytes, this.left.bufferedBytes)
      if (!more) await this.wait(() => this.atLeft.drains > drains, 'onDrain')
    }
    return mostBytes
  }
}
