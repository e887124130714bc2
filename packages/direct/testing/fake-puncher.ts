import { randomBytes } from 'node:crypto'
import { loopbackPair, WrappedTransport } from '@ls/mux'
import type { DirectConnection, IncomingPath, OutgoingPath, Puncher } from '../src/puncher.js'

/** Two punchers in one process that reach each other, and the connections between them. */
export class FakeNetwork {
  /** Whether no path opens. */
  isBlocked = false
  /** Whether there is a man in the middle: each end sees another certificate. */
  isTapped = false
  /** Connections opened so far: the connector's ends. */
  readonly made: BreakableTransport[] = []
  readonly #waiting = new Map<string, (connection: DirectConnection) => void>()

  readonly connector: Puncher = { offer: () => Promise.resolve(this.#offer()), answer: unused }
  readonly provider: Puncher = {
    offer: unused,
    answer: (offer, onOpened) => Promise.resolve(this.#answer(offer, onOpened)),
  }

  /** Cuts the newest path. */
  cut(): void {
    this.made.at(-1)?.destroy()
  }

  /** Loses whatever the connector sends over the newest path from now on; neither end is told. */
  silence(): void {
    this.made.at(-1)?.silence()
  }

  #offer(): OutgoingPath {
    const offer = randomBytes(8).toString('hex')
    return {
      offer,
      accept: (answer) => {
        if (this.isBlocked) return Promise.reject(new Error('blocked'))
        const [near, right] = loopbackPair()
        const left = new BreakableTransport(near)
        this.made.push(left)
        this.#waiting.get(offer)?.({
          transport: right,
          binding: this.isTapped ? 'other' : `${offer} ${answer}`,
          protocol,
        })
        return Promise.resolve({ transport: left, binding: `${offer} ${answer}`, protocol })
      },
      close: () => {},
    }
  }

  #answer(offer: string, onOpened: (connection: DirectConnection) => void): IncomingPath {
    const answer = randomBytes(8).toString('hex')
    const opened = new Promise<DirectConnection>((resolve) => this.#waiting.set(offer, resolve)).then(onOpened)
    return { answer, opened, close: () => {} }
  }
}

/** A transport that can lose messages. */
class BreakableTransport extends WrappedTransport {
  #isSilent = false

  silence(): void {
    this.#isSilent = true
  }

  override send(message: Uint8Array, headroomBytes?: number): boolean {
    return this.#isSilent || super.send(message, headroomBytes)
  }
}

const protocol = 'udp'

function unused(): never {
  throw new Error('not in this test')
}
