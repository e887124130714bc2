import { seededBytes } from '@ls/testkit'
import type { Channel, ChannelCloseReason, ChannelHandler } from '../src/index.js'
import type { Act, Habit } from './steps.js'

/** One end of a channel: sends a known stream, and checks arriving data against the stream of the other end. */
export class SimulatedEnd implements ChannelHandler {
  other!: SimulatedEnd
  readonly #name: string
  readonly #offset: number
  #habit: Habit
  #channel: Channel | undefined
  #sentBytes = 0
  #receivedBytes = 0
  #unconsumedBytes = 0
  #hoards = false
  #paused = false
  /** The last send returned false. */
  #full = false
  /** Bytes of streams that wait for room. */
  #backlogBytes = 0
  #accepted = false
  #ended = false
  /** Whether arriving data no longer matters, because of how the end was closed. */
  #deaf = false
  #aborted = false
  #ends = 0
  readonly #closes: ChannelCloseReason[] = []
  #fluttering = false

  constructor(name: string, offset: number, habit: Habit) {
    this.#name = name
    this.#offset = offset
    this.#habit = habit
  }

  join(channel: Channel): void {
    this.#channel = channel
    channel.setHandler(this)
  }

  /** Sends bytes; false when the channel accepts no more. */
  send(bytes: number): boolean {
    const channel = this.#channel
    if (channel === undefined || this.#ended || this.#closes.length > 0) return false
    if (!channel.initiator && !this.#accepted) return false
    if (channel.state === 'closed' || channel.state === 'draining') return false
    const start = (this.#offset + this.#sentBytes) % patternBytes
    const before = channel.sentBytes
    // Counted first: the bytes may come back before send returns.
    this.#sentBytes += bytes
    this.#full = !channel.send(pattern.subarray(start, start + bytes))
    if (channel.sentBytes - before !== bytes) throw this.#fault(`${bytes} bytes were not taken`)
    return true
  }

  get isDeaf(): boolean {
    return this.#deaf
  }

  /** Sends as a socket does: stops when the channel is full, continues when it has drained. */
  stream(bytes: number): void {
    const idle = this.#backlogBytes === 0
    this.#backlogBytes += bytes
    if (idle) this.#pour()
  }

  onDrain(): void {
    if (!this.#full) throw this.#fault('onDrain after a send that returned true')
    this.#full = false
    this.#pour()
  }

  #pour(): void {
    while (this.#backlogBytes > 0 && !this.#full) {
      const bytes = Math.min(5000, this.#backlogBytes)
      // Not accepted: the channel is not open yet, or no longer.
      if (this.send(bytes)) this.#backlogBytes -= bytes
      else this.#backlogBytes = 0
    }
  }

  calm(): void {
    this.#habit = 'none'
  }

  act(act: Act): void {
    const channel = this.#channel
    if (channel === undefined) return
    switch (act) {
      case 'accept':
        if (channel.initiator || this.#accepted) return
        this.#accepted = true
        channel.accept()
        return this.act('resume')
      case 'pause':
        this.#paused = true
        return channel.pause()
      case 'resume':
        this.#paused = false
        return channel.resume()
      case 'hoard':
        this.#hoards = true
        return
      case 'consume':
        this.#hoards = false
        return this.#consume(0)
      case 'end':
        this.#stop()
        return channel.end()
      case 'disconnect':
        this.#stop()
        this.#deaf ||= this.#closes.length === 0
        return channel.disconnect('done')
      case 'abort':
        this.#stop()
        this.#deaf ||= this.#closes.length === 0
        this.#aborted ||= this.#closes.length === 0
        return channel.abort('failed: on purpose')
    }
  }

  onData(payload: Uint8Array): void {
    if (this.#closes.length > 0) throw this.#fault('data after onClose')
    if (this.#ends > 0) throw this.#fault('data after onEnd')
    if (this.#paused) throw this.#fault('data while paused')
    const start = (this.other.#offset + this.#receivedBytes) % patternBytes
    if (!pattern.subarray(start, start + payload.length).equals(payload)) {
      throw this.#fault(`${payload.length} wrong bytes at ${this.#receivedBytes}`)
    }
    this.#receivedBytes += payload.length
    if (this.#receivedBytes > this.other.#sentBytes) throw this.#fault('more bytes than were sent')
    this.#consume(payload.length)
    this.#misbehave(payload.length)
  }

  onEnd(): void {
    if (this.#paused) throw this.#fault('onEnd while paused')
    if (++this.#ends > 1) throw this.#fault('onEnd twice')
    if (this.#receivedBytes !== this.other.#sentBytes) throw this.#fault('onEnd before all bytes')
    if (this.#habit === 'endsOnEnd') this.act('end')
  }

  onClose(reason: ChannelCloseReason): void {
    this.#closes.push(reason)
  }

  assertComplete({ halfClose }: { readonly halfClose: boolean }): void {
    if (faults.length > 0) throw faults.splice(0)[0] ?? new Error('fault')
    const { other } = this
    if (other.#aborted || this.#deaf || (this.#ended && !halfClose)) return
    if (this.#channel === undefined && other.#sentBytes > 0) throw new Error(`${this.#name} never came to be`)
    if (other.#backlogBytes > 0) throw new Error(`${other.#name}: ${other.#backlogBytes} bytes still wait for room`)
    if (this.#receivedBytes === other.#sentBytes) return
    const reason = JSON.stringify(this.#closes)
    const text = `${this.#name} has ${this.#receivedBytes} of ${other.#sentBytes} bytes, state ${this.#channel?.state}`
    throw new Error(`${text}, closes ${reason}, other ${other.#channel?.state} ${JSON.stringify(other.#closes)}`)
  }

  assertClosed(): void {
    if (faults.length > 0) throw faults.splice(0)[0] ?? new Error('fault')
    if (this.#channel === undefined || this.#closes.length === 1) return
    throw new Error(`${this.#name}: onClose ran ${this.#closes.length} times, state ${this.#channel.state}`)
  }

  #stop(): void {
    this.#ended = true
    this.#backlogBytes = 0
  }

  #consume(bytes: number): void {
    this.#unconsumedBytes += bytes
    if (this.#hoards) return
    const total = this.#unconsumedBytes
    this.#unconsumedBytes = 0
    this.#channel?.consumed(total)
  }

  #misbehave(bytes: number): void {
    if (this.#habit === 'pauses') return this.act('pause')
    if (this.#habit === 'echo') return void this.send(bytes)
    if (this.#habit !== 'flutters' || this.#fluttering) return
    this.#fluttering = true
    this.#channel?.pause()
    this.#channel?.resume()
    this.#fluttering = false
  }

  /** Keeps the error as well: thrown into a session it would only abort the channel. */
  #fault(text: string): Error {
    const error = new Error(`${this.#name}: ${text}`)
    faults.push(error)
    return error
  }
}

const faults: Error[] = []

/** Prime, so that no size divides it and a missing or repeated part never fits. */
const patternBytes = 1_000_003
const pattern = seededBytes(1).take(patternBytes + 400_000)
