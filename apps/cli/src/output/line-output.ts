import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'

/** Writes to a file descriptor, like `writeSync`: returns the number of bytes written. @throws if it accepts none */
export type WriteBytes = (fd: number, bytes: Uint8Array) => number

/**
 * Writes lines to a file descriptor that may fail at any time: a reader closes, a disk fills up. That must not end a
 * server, so this never throws. Node's streams would keep later output in memory after an error.
 */
export class LineOutput {
  readonly #fd: number
  readonly #write: WriteBytes
  #failure: string | undefined
  /** Whether the last text written is the beginning of a line whose rest is lost. */
  #torn = false

  constructor(fd: number, write: WriteBytes = writeSync) {
    this.#fd = fd
    this.#write = write
  }

  get isTTY(): boolean {
    return isatty(this.#fd)
  }

  /** Reason why the last text was not written: a system error code such as `ENOSPC`. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Writes a text; false when not all of it was written. */
  write(text: string): boolean {
    try {
      let bytes: Uint8Array = Buffer.from(this.#torn ? `\n${text}` : text)
      while (bytes.length > 0) {
        bytes = bytes.subarray(this.#write(this.#fd, bytes))
        this.#torn = bytes.length > 0
      }
      this.#failure = undefined
      return true
    } catch (error) {
      this.#failure = (error as NodeJS.ErrnoException).code ?? String(error)
      return false
    }
  }
}
