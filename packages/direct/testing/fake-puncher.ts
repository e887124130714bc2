import { randomBytes } from 'node:crypto'
import { loopbackPair, type MessageTransport } from '@ls/mux'
import type { DirectConnection, IncomingPath, OutgoingPath, Puncher } from '../src/puncher.js'

/** Two punchers in one process that reach each other, and the connections between them. */
export class FakeNetwork {
  /** Whether no path opens. */
  isBlocked = false
  /** Whether there is a man in the middle: each end sees another certificate. */
  isTapped = false
  /** Connections opened so far: the connector's ends. */
  readonly made: MessageTransport[] = []
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

  #offer(): OutgoingPath {
    const offer = randomBytes(8).toString('hex')
    return {
      offer,
      accept: (answer) => {
        if (this.isBlocked) return Promise.reject(new Error('blocked'))
        const [left, right] = loopbackPair()
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

const protocol = 'udp'

function unused(): never {
  throw new Error('not in this test')
}
