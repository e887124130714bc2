import { statSync } from 'node:fs'
import { type Clock, systemClock } from '@ls/foundation'
import { readLimitedFile } from './read-limited-file.js'

/**
 * Interval of checks of a file, in milliseconds: an edit is used within a second, and a busy resolver reads the disk
 * rarely.
 */
const checkEveryMs = 1000

/** Largest file: files of the system are small; lists of a million blocked hosts have 30 MiB. */
const maxBytes = 64 * 1024 * 1024

/**
 * A file that is reloaded after a change. It is read synchronously, since asynchronous reads would wait behind slow
 * lookups in libuv's pool. A missing, unreadable or too large file counts as empty.
 */
export class WatchedFile<T> {
  readonly #path: string
  readonly #parse: (text: string) => T
  readonly #clock: Clock
  #content: T
  #stamp = 'never read'
  #checkAtMs = Number.NEGATIVE_INFINITY

  constructor(path: string, parse: (text: string) => T, clock: Clock = systemClock) {
    this.#path = path
    this.#parse = parse
    this.#clock = clock
    this.#content = parse('')
  }

  /** Current contents; the same object until they change. */
  current(): T {
    const now = this.#clock.now()
    if (now < this.#checkAtMs) return this.#content
    this.#checkAtMs = now + checkEveryMs
    const stamp = this.#readStamp()
    if (stamp === this.#stamp) return this.#content
    this.#stamp = stamp
    this.#content = this.#parse(stamp === missing ? '' : this.#readText())
    return this.#content
  }

  #readStamp(): string {
    try {
      const { dev, ino, size, mtimeMs } = statSync(this.#path)
      return size > maxBytes ? missing : `${dev} ${ino} ${size} ${mtimeMs}`
    } catch {
      return missing
    }
  }

  #readText(): string {
    try {
      return readLimitedFile(this.#path, maxBytes, 0).toString()
    } catch {
      return ''
    }
  }
}

const missing = 'missing'
