import type { Duplex } from 'node:stream'
import type { ReadAllowance } from './read-allowance.js'
import type { ReadTurns } from './read-turns.js'

export interface FrameReaderOptions {
  /** The connection below the WebSocket; ws listens for data on it already. */
  readonly stream: Duplex
  /** Whether frames must be masked: servers accept masked frames only, clients unmasked ones only (RFC 6455 §5.1). */
  readonly masked: boolean
  /** Limits of messages. One beyond its `maxMessageBytes` is left to ws, which closes with 1009. */
  readonly allowance: ReadAllowance
  /** Turns of the links that share a thread. @default those of the process */
  readonly turns?: ReadTurns
  /** Called when bytes have arrived, complete or not. */
  onBytes(): void
  /** Called when the peer has sent more than its allowance; no more bytes are read from it. */
  onExcess(): void
  /** Called with the memory of a message that is longer than ours, as it arrives, and with 0 when it is complete. */
  onHeld(bytes: number): void
  /** Receives each whole binary message. */
  onMessage(message: Uint8Array): void
}
