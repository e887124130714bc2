import { Duplex } from 'node:stream'
import { RecordingHandler } from '@ls/testkit'
import { FrameReader } from '../src/websocket/frame-reader.js'
import { ReadAllowance } from '../src/websocket/read-allowance.js'
import { ReadTurns } from '../src/websocket/read-turns.js'

/** Options of a {@link Reading}. */
export interface ReadOptions {
  readonly masked?: boolean
  readonly maxMessageBytes?: number
  /** @default without an end */
  readonly turns?: ReadTurns
  onMessage?(message: Uint8Array): void
}

/** Records the bytes in order, and whether the reader took them or left them to the listener that replaces ws. */
export class Reading {
  readonly reader: FrameReader
  readonly #got: { readonly by: 'reader' | 'ws'; readonly bytes: Uint8Array }[] = []

  constructor(
    stream: Duplex,
    {
      masked = false,
      maxMessageBytes = 1_048_576,
      turns = new ReadTurns(Number.POSITIVE_INFINITY),
      onMessage,
    }: ReadOptions = {},
  ) {
    stream.on('data', (bytes: Buffer) => this.#got.push({ by: 'ws', bytes }))
    const take = (message: Uint8Array): void => {
      this.#got.push({ by: 'reader', bytes: message })
      onMessage?.(message)
    }
    this.reader = new FrameReader({
      stream,
      masked,
      allowance: new ReadAllowance(maxMessageBytes),
      turns,
      onExcess: () => {},
      onHeld: () => {},
      onBytes: () => {},
      onMessage: take,
    })
    this.reader.attach()
  }

  /** Messages from the reader, in their current state. */
  get messages(): Uint8Array[] {
    return this.#by('reader')
  }

  /** All bytes that ws received. */
  get left(): Buffer {
    return Buffer.concat(this.#by('ws'))
  }

  get byteCount(): number {
    return this.messages.reduce((sum, { length }) => sum + length, 0)
  }

  /** Digests of all pieces in their current state, by length and hash. */
  digests(): string[] {
    return this.#got.map(({ by, bytes }) => digestOf(by, bytes))
  }

  #by(taker: 'reader' | 'ws'): Uint8Array[] {
    return this.#got.filter(({ by }) => by === taker).map(({ bytes }) => bytes)
  }
}

/** Digest of bytes and of who got them. */
export function digestOf(by: 'reader' | 'ws', bytes: Uint8Array): string {
  return `${by} ${RecordingHandler.digestsOf([bytes])[0]}`
}

/** A connection without a network: each push is a separate read. */
export function connection(): Duplex {
  return new Duplex({ read() {}, write: (_chunk, _encoding, callback) => callback() })
}
