import { connect, type Socket } from 'node:net'

/** Time without any byte after which a test fails, in milliseconds: that of the waits of `@ls/testkit`. */
const silenceMs = 15_000

/** A client that sends bytes unchanged, for requests that a browser would never send. */
export class RawClient {
  readonly socket: Socket
  /** Everything received, one character a byte. */
  text = ''
  ended = false
  #wake: () => void = () => {}

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.setEncoding('latin1')
    this.socket.on('data', (chunk: string) => this.#note(() => (this.text += chunk)))
    this.socket.on('end', () => this.#note(() => (this.ended = true)))
    this.socket.on('close', () => this.#note(() => (this.ended = true)))
    this.socket.on('error', () => {})
  }

  send(...lines: string[]): this {
    this.socket.write(lines.join('\r\n'), 'latin1')
    return this
  }

  /** Waits until the received text contains `pattern`, and takes everything up to its end out of `text`. */
  async read(pattern: RegExp | string): Promise<string> {
    for (;;) {
      const end = endOf(this.text, pattern)
      if (end >= 0) return this.#take(end)
      if (this.ended) throw new Error(`ended without ${String(pattern)}, after ${JSON.stringify(this.text)}`)
      await this.#change()
    }
  }

  /** Everything up to the server's end. */
  async readAll(): Promise<string> {
    while (!this.ended) await this.#change()
    return this.#take(this.text.length)
  }

  #take(end: number): string {
    const taken = this.text.slice(0, end)
    this.text = this.text.slice(end)
    return taken
  }

  #note(change: () => void): void {
    change()
    this.#wake()
  }

  #change(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`nothing more came after ${JSON.stringify(this.text)}`)),
        silenceMs,
      )
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

function endOf(text: string, pattern: RegExp | string): number {
  if (typeof pattern === 'string') {
    const at = text.indexOf(pattern)
    return at < 0 ? -1 : at + pattern.length
  }
  const found = pattern.exec(text)
  return found === null ? -1 : found.index + found[0].length
}
