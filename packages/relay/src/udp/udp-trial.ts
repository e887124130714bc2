import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import type { DatagramSink } from './udp-exit.js'

/** Silence after which an address counts as good, in milliseconds. A missing neighbour is reported after 3 s. */
const trialMs = 4000

/** Most datagrams kept for resending to the next address; programs without an answer repeat theirs anyway. */
const maxKept = 16

/**
 * Sends datagrams to a target with several addresses, using the first not known to be dead. A connected socket receives
 * the network's errors for an address (ICMP, no route to its family). After an answer, or if no error comes, the socket
 * accepts datagrams from any source: some servers answer from another port (TFTP, RFC 1350 §4).
 */
export class UdpTrial {
  readonly #sink: DatagramSink
  readonly #addresses: readonly string[]
  readonly #port: number
  #state: 'idle' | 'opening' | 'trying' | 'settled' | 'closed' = 'idle'
  #kept: Uint8Array[] = []
  #current = 0
  #socket: Socket | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(addresses: readonly string[], port: number, sink: DatagramSink) {
    this.#addresses = addresses
    this.#port = port
    this.#sink = sink
  }

  send(payload: Uint8Array): void {
    const state = this.#state
    if (state === 'closed') return
    if (state === 'settled' || state === 'trying') this.#sendNow(payload)
    if (state === 'settled') return
    if (this.#kept.length < maxKept) this.#kept.push(payload)
    else if (state !== 'trying') this.#sink.drop(`${maxKept} datagrams wait for an address already`)
    if (state === 'idle') void this.#try()
  }

  close(): void {
    this.#state = 'closed'
    this.#kept = []
    this.#closeSocket()
  }

  async #try(): Promise<void> {
    const address = this.#address
    this.#state = 'opening'
    try {
      const socket = await openSocket(isIPv6(address) ? 'udp6' : 'udp4')
      if (this.#isClosed()) return void socket.close()
      this.#socket = socket
      socket.on('error', (error) => this.#fail(socket, error))
      socket.on('message', (payload, from) => {
        this.#settle()
        this.#sink.receive(payload, { host: from.address, port: from.port })
      })
      socket.connect(this.#port, address, (error?: Error) => {
        if (error === undefined) this.#begin(socket)
        else this.#fail(socket, error)
      })
    } catch (error) {
      if (!this.#isClosed()) this.#sink.fail(error)
    }
  }

  #begin(socket: Socket): void {
    if (socket !== this.#socket) return
    this.#state = 'trying'
    this.#timer = setTimeout(() => this.#settle(), trialMs)
    for (const payload of this.#kept) this.#sendNow(payload)
  }

  /** Tries the next address; after the last one the next datagram starts again. */
  #fail(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return
    if (this.#state === 'settled') return this.#sink.drop(error)
    this.#closeSocket()
    this.#current++
    if (this.#current < this.#addresses.length) return void this.#try()
    for (const _payload of this.#kept.splice(0)) this.#sink.drop(error)
    this.#current = 0
    this.#state = 'idle'
  }

  #settle(): void {
    if (this.#state !== 'trying') return
    this.#state = 'settled'
    this.#kept = []
    clearTimeout(this.#timer)
    this.#socket?.disconnect()
  }

  #sendNow(payload: Uint8Array): void {
    const socket = this.#socket
    if (socket === undefined) return
    const onSent = (error: Error | null): void => {
      if (error === null) return
      if (this.#state === 'trying') this.#fail(socket, error)
      else this.#sink.drop(error)
    }
    if (this.#state === 'trying') socket.send(payload, onSent)
    else socket.send(payload, this.#port, this.#address, onSent)
  }

  get #address(): string {
    return this.#addresses[this.#current] ?? ''
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  #closeSocket(): void {
    clearTimeout(this.#timer)
    this.#socket?.close()
    this.#socket = undefined
  }
}

/** Opens a socket that keeps its port when it is disconnected: Linux releases a port that the system chose. */
async function openSocket(type: 'udp4' | 'udp6'): Promise<Socket> {
  const chooser = await bind(type, 0)
  const { port } = chooser.address()
  chooser.close()
  return bind(type, port)
}

async function bind(type: 'udp4' | 'udp6', port: number): Promise<Socket> {
  const socket = createSocket(type === 'udp6' ? { type, ipv6Only: true } : { type })
  socket.bind({ port, exclusive: true })
  await once(socket, 'listening')
  return socket
}
