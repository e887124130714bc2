import type { Duplex } from 'node:stream'
import { connect } from '@ls/socks5/node'

interface Address {
  readonly host: string
  readonly port: number
}

/** Result of an interactive session. */
export interface TypistReport {
  readonly messages: number
  readonly medianMs: number
  readonly p99Ms: number
  readonly longestMs: number
}

const messageBytes = 64
const thinkMs = 10

/** A simulated person at a terminal: types a message, waits for its echo, checks it, and types the next one. */
export class Typist {
  readonly #socket: Duplex
  readonly #roundTrips: number[] = []
  readonly #finished: Promise<void>
  readonly #onTyped: ((value: unknown) => void)[] = []
  #stopping = false

  /** Opens the session through the proxy to an echo server. */
  static async open(socks: Address, server: Address): Promise<Typist> {
    return new Typist(await connect({ proxy: socks, target: server }))
  }

  /** `socket` leads to a program that sends back all bytes. */
  constructor(socket: Duplex) {
    this.#socket = socket
    this.#finished = this.#type()
    // `finish` reports the failure.
    this.#finished.catch(() => {})
  }

  /** Number of messages typed and echoed so far. */
  get messages(): number {
    return this.#roundTrips.length
  }

  /** Waits for `count` more messages and their echoes. @throws as {@link finish} does */
  async typed(count: number): Promise<void> {
    const target = this.messages + count
    while (this.messages < target)
      await Promise.race([this.#finished, new Promise((resolve) => this.#onTyped.push(resolve))])
  }

  /** Ends the session after the current message. @throws when an echo was lost, repeated or from another session */
  async finish(): Promise<TypistReport> {
    this.#stopping = true
    await this.#finished
    const sorted = this.#roundTrips.toSorted((a, b) => a - b)
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return { messages: sorted.length, medianMs: at(0.5), p99Ms: at(0.99), longestMs: at(1) }
  }

  async #type(): Promise<void> {
    try {
      while (!this.#stopping) {
        await this.#exchange(this.#roundTrips.length)
        await new Promise((resolve) => setTimeout(resolve, thinkMs))
      }
      await this.#leave()
    } finally {
      this.#socket.destroy()
    }
  }

  async #exchange(number: number): Promise<void> {
    const message = `message ${number} `.padEnd(messageBytes, '.')
    const sentMs = performance.now()
    this.#socket.write(message)
    const echo = await this.#read(messageBytes)
    if (echo !== message) throw new Error(`typed '${message}', and the echo was '${echo}'`)
    this.#roundTrips.push(performance.now() - sentMs)
    for (const resolve of this.#onTyped.splice(0)) resolve(undefined)
  }

  /** Half-closes and checks that no more bytes come: an extra echo would come now. */
  async #leave(): Promise<void> {
    this.#socket.end()
    const rest = await this.#read(Infinity)
    if (rest !== '') throw new Error(`more came than was typed: '${rest}'`)
  }

  #read(bytes: number): Promise<string> {
    return new Promise((resolve, reject) => {
      let received = ''
      const done = (act: () => void): void => {
        this.#socket.off('data', onData).off('end', onEnd).off('close', onClose)
        act()
      }
      const onData = (chunk: Buffer): void => {
        received += String(chunk)
        if (received.length >= bytes) done(() => resolve(received))
      }
      const onEnd = (): void =>
        done(() => (bytes === Infinity ? resolve(received) : reject(new Error('the session has ended'))))
      const onClose = (): void => done(() => reject(this.#socket.errored ?? new Error('the session was cut')))
      this.#socket.on('data', onData).on('end', onEnd).on('close', onClose).resume()
      if (this.#socket.readableEnded) onEnd()
      else if (this.#socket.destroyed) onClose()
    })
  }
}
