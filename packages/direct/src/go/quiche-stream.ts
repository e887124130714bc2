import type { QuicStream } from './quic.js'
import type { NativeConnection, Quiche } from './quiche-config.js'

export interface QuicheStreamOptions {
  readonly id: number
  readonly native: NativeConnection
  readonly shutdown: Quiche['Shutdown']
  /** Called when packets may have to be sent. */
  onWork(): void
  /** Called when both directions have ended. */
  onOver(): void
}

interface Write {
  readonly bytes: Uint8Array
  /** Number of bytes that quiche has accepted. */
  done: number
  resolve(): void
  reject(error: Error): void
}

interface Reader {
  resolve(bytes: Uint8Array | undefined): void
  reject(error: Error): void
}

/** Most bytes of one read: it becomes one piece for the reader. */
const readBytes = 65_536

/** All streams read into this memory first; the bytes are copied out, since quiche fills the memory that it gets. */
const scratch = Buffer.allocUnsafeSlow(readBytes)

/** One stream of a quiche connection. Bytes stay with quiche, whose credit limits them, until there is a reader. */
export class QuicheStream implements QuicStream {
  readonly #options: QuicheStreamOptions
  /** Writes that quiche has not accepted whole: their senders wait. */
  readonly #writes: Write[] = []
  #reader: Reader | undefined
  #isEnding = false
  #isFinSent = false
  #isReadOver = false
  #error: Error | undefined

  constructor(options: QuicheStreamOptions) {
    this.#options = options
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#error !== undefined || this.#isEnding) return reject(this.#error ?? ended)
      this.#writes.push({ bytes, done: 0, resolve, reject })
      if (this.#writes.length === 1) this.push()
      this.#options.onWork()
    })
  }

  read(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
      this.pull()
      // What was read is new credit for the peer.
      this.#options.onWork()
    })
  }

  close(): void {
    this.#isEnding = true
    this.push()
    this.#stopReading()
    this.#options.onWork()
  }

  /** Ends both directions with an error: the connection is lost. */
  fail(error: Error): void {
    if (this.#error !== undefined) return
    this.#error = error
    for (const { reject } of this.#writes.splice(0)) reject(error)
    this.#isFinSent = true
    this.#endRead(error)
  }

  /** Gives quiche what it accepts now. */
  push(): void {
    const { native, id } = this.#options
    try {
      for (let write = this.#writes[0]; write !== undefined; write = this.#writes[0]) {
        if (write.bytes.length > 0) {
          const accepted = native.streamSend(id, write.bytes.subarray(write.done), false)
          write.done += accepted ?? 0
          if (write.done < write.bytes.length) return
        }
        this.#writes.shift()
        write.resolve()
      }
      if (!this.#isEnding || this.#isFinSent) return
      if (native.streamSend(id, empty, true) === null) return
      this.#isFinSent = true
      this.#checkOver()
    } catch (error) {
      // The peer reads no more, or the stream is gone.
      for (const { reject } of this.#writes.splice(0)) reject(error as Error)
      this.#isEnding = this.#isFinSent = true
      this.#checkOver()
    }
  }

  /** Gives a waiting reader what quiche has. */
  pull(): void {
    const reader = this.#reader
    if (reader === undefined) return
    if (this.#isReadOver) return this.#endRead(this.#error)
    const { native, id } = this.#options
    try {
      const got = native.streamReadable(id) ? native.streamRecv(id, scratch) : null
      if (got === null) return
      const [length, isLast] = got
      if (length > 0) {
        this.#reader = undefined
        reader.resolve(Buffer.from(scratch.subarray(0, length)))
      }
      if (isLast) this.#endRead(undefined)
    } catch (error) {
      this.#endRead(error as Error)
    }
  }

  #stopReading(): void {
    if (this.#isReadOver) return
    const { native, id, shutdown } = this.#options
    try {
      native.streamShutdown(id, shutdown.Read, 0)
    } catch {
      // The stream has already ended.
    }
    this.#endRead(undefined)
  }

  #endRead(error: Error | undefined): void {
    const reader = this.#reader
    this.#reader = undefined
    this.#isReadOver = true
    if (error === undefined) reader?.resolve(undefined)
    else reader?.reject(error)
    this.#checkOver()
  }

  #checkOver(): void {
    if (this.#isReadOver && this.#isFinSent) this.#options.onOver()
  }
}

const empty = new Uint8Array(0)
const ended = new Error('the stream has ended')
