import { concatBytes, noBytes } from './bytes.js'
import { SocksError } from './errors.js'

/** Incomplete: write `output` to the peer, then push the next bytes. */
export interface NeedMoreStep {
  readonly state: 'need-more'
  /** Bytes for the peer; may be empty. */
  readonly output: Uint8Array
}

/** Failed: write `output`, which reports the error as far as the protocol can, and close. */
export interface FailedStep {
  readonly state: 'failed'
  /** Last bytes for the peer; may be empty. */
  readonly output: Uint8Array
  /** Reason of the failure. */
  readonly error: SocksError
}

export interface DoneStep<T> {
  readonly state: 'done'
  readonly output: Uint8Array
  readonly result: T
  /** Bytes after the handshake: the first of the tunnel. A view into the chunk if possible. */
  readonly leftover: Uint8Array
}

/** A parsed message and how many bytes it took. */
export interface Parsed<T> {
  /** The parsed message. */
  readonly value: T
  /** Its length on the wire, in bytes; later bytes were not read. */
  readonly byteLength: number
}

/** Result of a message: bytes for the peer, and the final result if it was the last one. */
export interface Progress<T> {
  readonly byteLength: number
  readonly output: Uint8Array
  readonly result: T | undefined
}

/** The part of a handshake that depends on the version. */
export interface Dialect<T> {
  /** Reads the first message of `bytes`; undefined while it is incomplete. @throws SocksError to refuse it */
  read(bytes: Uint8Array): Progress<T> | undefined
  /** Bytes for the peer after `read` has thrown. */
  refusal(error: SocksError): Uint8Array
}

/** Runs a dialect over bytes split in any way, and converts its errors to steps. */
export class HandshakeReader<T> {
  readonly #dialect: Dialect<T>
  #pending: Uint8Array = noBytes
  #ended = false

  constructor(dialect: Dialect<T>) {
    this.#dialect = dialect
  }

  /** `chunk` may be reused by the caller after the call, unless it comes back as `leftover`. */
  push(chunk: Uint8Array): NeedMoreStep | FailedStep | DoneStep<T> {
    if (this.#ended) throw new TypeError('push after the handshake has ended')
    let bytes = concatBytes(this.#pending, chunk)
    let output: Uint8Array = noBytes
    try {
      for (;;) {
        const progress = this.#dialect.read(bytes)
        if (progress === undefined) break
        bytes = bytes.subarray(progress.byteLength)
        output = concatBytes(output, progress.output)
        if (progress.result === undefined) continue
        this.#end()
        return { state: 'done', output, result: progress.result, leftover: bytes }
      }
    } catch (error) {
      this.#end()
      if (!(error instanceof SocksError)) throw error
      return { state: 'failed', output: concatBytes(output, this.#dialect.refusal(error)), error }
    }
    // A copy: the caller may reuse the chunk, and a part of a message must not keep a whole read buffer in memory.
    this.#pending = bytes.slice()
    return { state: 'need-more', output }
  }

  #end(): void {
    this.#ended = true
    this.#pending = noBytes
  }
}
