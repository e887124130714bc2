import type { Clock, TimerHandle } from '@ls/foundation'
import { ProofFrames } from './proof-frame.js'
import type { QuicSocket, UdpPlace } from './quic.js'
import type { Candidate } from './signals.js'

/** Interval of probes to each address, in milliseconds: that of Go. */
const probeMs = 120

/** Sends and answers the probes of a pair, which open the NATs on the way. */
export class Prober {
  readonly #frames: ProofFrames
  readonly #socket: QuicSocket
  readonly #clock: Clock
  #found: (place: UdpPlace | undefined) => void = () => {}

  constructor(socket: QuicSocket, clock: Clock, pairId: string, key: Uint8Array) {
    this.#socket = socket
    this.#clock = clock
    this.#frames = new ProofFrames('probe', pairId, key)
  }

  /** Handles a packet; answers a request. A valid one of either type shows that packets arrive. */
  receive(packet: Uint8Array, from: UdpPlace): void {
    const frame = this.#frames.read(packet)
    if (frame === undefined) return
    if (frame.type === 'ask') this.#socket.send(this.#frames.make('answer', frame.nonce), from)
    this.#found({ address: from.address, port: from.port })
  }

  /** Probes addresses until one answers; undefined after `limitMs` milliseconds. */
  find(candidates: readonly Candidate[], limitMs: number): Promise<UdpPlace | undefined> {
    return new Promise((resolve) => {
      let timer: TimerHandle
      const settle = (place: UdpPlace | undefined): void => {
        this.#clock.clearTimeout(timer)
        this.#found = () => {}
        resolve(place)
      }
      const endMs = this.#clock.now() + limitMs
      const probe = (): void => {
        if (this.#clock.now() >= endMs) return settle(undefined)
        for (const { addr, port } of candidates) this.#socket.send(this.#frames.make('ask'), { address: addr, port })
        timer = this.#clock.setTimeout(probe, probeMs)
      }
      this.#found = settle
      probe()
    })
  }

  /** Ends {@link find}, which finds nothing then. */
  end(): void {
    this.#found(undefined)
  }

  /** Sends one more request to a place that has answered. */
  nudge(place: UdpPlace): void {
    this.#socket.send(this.#frames.make('ask'), place)
  }
}
