import { once } from 'node:events'
import type { SonicBoom } from 'sonic-boom'

/**
 * A file of lines that is written asynchronously, and reopened after a rotation. On a disk that is slow or full, lines
 * are lost, but memory does not grow: the queue has a limit.
 */
export class LogFile {
  readonly path: string
  readonly #destination: SonicBoom
  #isDropped = false
  #failure: string | undefined
  #isReopening = false
  /** Whether the file may have been moved since the reopening began. */
  #isMovedAgain = false
  readonly #onReopenFailed: (text: string) => void

  private constructor(path: string, destination: SonicBoom, onReopenFailed: (text: string) => void) {
    this.path = path
    this.#destination = destination
    this.#onReopenFailed = onReopenFailed
    destination.on('drop', () => (this.#isDropped = true))
    destination.on('error', (error: NodeJS.ErrnoException) => {
      if (error.syscall === 'open') this.#reopenFailed(error)
      else this.#failure = error.code ?? 'unknown'
      this.#reopened()
    })
    destination.on('write', () => (this.#failure = undefined))
    destination.on('ready', this.#reopened)
    process.once('exit', () => this.#flush())
  }

  /**
   * Opens the file; a new one is accessible to its owner only.
   *
   * @param onReopenFailed Called when it cannot be opened again: lines continue in the former file.
   * @throws Node's own error
   */
  static async open(path: string, onReopenFailed: (text: string) => void = () => {}): Promise<LogFile> {
    const { default: sonicBoom } = await import('sonic-boom')
    const destination = new sonicBoom.SonicBoom({
      dest: path,
      sync: false,
      append: true,
      mode: 0o600,
      maxLength: maxWaitingBytes,
    })
    await once(destination, 'ready')
    return new LogFile(path, destination, onReopenFailed)
  }

  /** Reason why the last text was not written. */
  get failure(): string | undefined {
    return this.#failure ?? 'the disk is too slow'
  }

  /** Writes a text; false when it is lost. */
  write(text: string): boolean {
    this.#isDropped = false
    this.#destination.write(text)
    return !this.#isDropped
  }

  /** Opens the path again: it may lead to another file now. Calls meanwhile share the next time. */
  reopen(): void {
    // The library would keep a listener for each call, and open the file for each.
    if (this.#isReopening) this.#isMovedAgain = true
    else {
      this.#isReopening = true
      this.#destination.reopen()
    }
  }

  readonly #reopened = (): void => {
    const isMovedAgain = this.#isMovedAgain
    this.#isReopening = this.#isMovedAgain = false
    if (isMovedAgain) this.reopen()
  }

  #reopenFailed({ message }: Error): void {
    // The library's listener would close the former file at the next success, and so a second time: by then its number
    // may be that of a socket.
    for (const listener of this.#destination.listeners('ready')) {
      if (listener !== this.#reopened) this.#destination.removeListener('ready', listener as () => void)
    }
    this.#onReopenFailed(`${this.path} cannot be opened again, lines continue in the former file: ${message}`)
  }

  #flush(): void {
    // The library tries again forever where the disk is full, and the process would not end.
    if (this.#failure !== undefined) return
    try {
      this.#destination.flushSync()
    } catch {
      // The process ends, so the error cannot be reported.
    }
  }
}

/** Most bytes of text that wait for the disk: some ten thousand lines. */
const maxWaitingBytes = 4 * 1024 * 1024
