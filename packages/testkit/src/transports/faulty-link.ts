import type { Socket } from 'node:net'

/** Properties of a working path. */
export interface LinkConditions {
  /** One-way delay, in milliseconds. @default 0 */
  readonly delayMs?: number
  /** Each way; Infinity for no limit. @default Infinity */
  readonly bytesPerSecond?: number
}

/**
 * How a link breaks: `reset` and `end` close it both ways · `mid-frame` lets half of the next chunk through and ends ·
 * `blackhole` silently drops all bytes, so that both ends treat it as alive until a timeout.
 */
export type LinkBreak = 'reset' | 'end' | 'mid-frame' | 'blackhole'

/** Bytes that wait for their delay before reading stops: more than any path of a test holds, and still bounded. */
const maxWaitingBytes = 4 * 1024 * 1024

/** One connection through a fault relay: two sockets, and what happens between them. */
export class FaultyLink {
  /** Called once, when both sockets are gone. */
  onClose: () => void = () => {}
  readonly #sockets: readonly [Socket, Socket]
  readonly #directions: readonly Direction[]
  #state: 'healthy' | 'ending' | 'deaf' | 'closed' = 'healthy'

  constructor(near: Socket, far: Socket, conditions: () => LinkConditions) {
    this.#sockets = [near, far]
    this.#directions = [new Direction(near, far, conditions), new Direction(far, near, conditions)]
    for (const socket of this.#sockets) {
      // 'close' follows.
      socket.on('error', () => {})
      socket.on('close', () => this.#socketClosed(socket))
    }
  }

  get healthy(): boolean {
    return this.#state === 'healthy'
  }

  break(how: LinkBreak): void {
    if (this.#state !== 'healthy') return
    this.#state = how === 'blackhole' ? 'deaf' : 'ending'
    if (how === 'reset') this.destroy()
    else if (how === 'end') this.#end()
    else if (how === 'blackhole') for (const direction of this.#directions) direction.swallow()
    else for (const direction of this.#directions) direction.halveNext(() => this.#end())
  }

  /** Resets both sockets, now. */
  destroy(): void {
    this.#state = 'ending'
    for (const direction of this.#directions) direction.swallow()
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  #end(): void {
    for (const direction of this.#directions) direction.swallow()
    for (const socket of this.#sockets) socket.destroySoon()
  }

  #socketClosed(closed: Socket): void {
    const other = closed === this.#sockets[0] ? this.#sockets[1] : this.#sockets[0]
    if (other.destroyed) {
      const first = this.#state !== 'closed'
      this.#state = 'closed'
      if (first) this.onClose()
      return
    }
    // A half-open link stays open at its other end.
    if (this.#state === 'deaf') return
    this.#state = 'ending'
    if (closed.errored !== null) return void other.resetAndDestroy()
    for (const direction of this.#directions) if (direction.to === other) direction.close()
  }
}

/** One direction of a link: passes chunks on in order, with the delay and rate of its conditions. */
class Direction {
  readonly to: Socket
  readonly #from: Socket
  readonly #conditions: () => LinkConditions
  readonly #waiting: { readonly chunk: Buffer; readonly dueMs: number }[] = []
  #waitingBytes = 0
  #lastDueMs = 0
  #timer: NodeJS.Timeout | undefined
  #mode: 'pass' | 'halve' | 'swallow' = 'pass'
  #end: 'none' | 'half' | 'full' = 'none'
  #onHalved: () => void = () => {}

  constructor(from: Socket, to: Socket, conditions: () => LinkConditions) {
    this.#from = from
    this.to = to
    this.#conditions = conditions
    from.on('data', (chunk) => this.#take(chunk))
    from.on('end', () => this.#ended())
    to.on('drain', () => this.#waitingBytes < maxWaitingBytes && from.resume())
    to.on('close', () => this.#drop())
  }

  /** From now on all bytes are read and dropped. */
  swallow(): void {
    this.#drop()
    if (this.#end === 'half') this.#from.end()
  }

  /** The source has closed: closes the target once it has all bytes. */
  close(): void {
    this.#end = 'full'
    if (this.#waiting.length === 0) this.to.destroySoon()
  }

  /** Lets half of the next chunk through, then calls `onHalved`. */
  halveNext(onHalved: () => void): void {
    this.#mode = 'halve'
    this.#onHalved = onHalved
  }

  #take(chunk: Buffer): void {
    if (this.#mode === 'swallow') return
    if (this.#mode === 'halve') {
      for (const { chunk: earlier } of this.#waiting.splice(0)) this.#pass(earlier)
      this.to.write(chunk.subarray(0, chunk.length >> 1))
      return this.#onHalved()
    }
    const { delayMs = 0, bytesPerSecond = Infinity } = this.#conditions()
    const now = performance.now()
    this.#lastDueMs = Math.max(this.#lastDueMs, now + delayMs) + (chunk.length / bytesPerSecond) * 1000
    if (this.#waiting.length === 0 && this.#lastDueMs <= now) return this.#pass(chunk)
    this.#waiting.push({ chunk, dueMs: this.#lastDueMs })
    this.#waitingBytes += chunk.length
    if (this.#waitingBytes >= maxWaitingBytes) this.#from.pause()
    if (this.#waiting.length === 1) this.#arm()
  }

  #drop(): void {
    this.#mode = 'swallow'
    clearTimeout(this.#timer)
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.#from.resume()
  }

  #pass(chunk: Buffer): void {
    if (this.to.writable && !this.to.write(chunk)) this.#from.pause()
  }

  /** Sends the end behind all waiting bytes. In a black hole it sends no end: the socket just closes. */
  #ended(): void {
    this.#end = 'half'
    if (this.#mode === 'swallow') this.#from.end()
    else if (this.#waiting.length === 0) this.to.end()
  }

  #arm(): void {
    const next = this.#waiting[0]
    if (next !== undefined) this.#timer = setTimeout(() => this.#release(), next.dueMs - performance.now())
    else if (this.#end === 'half') this.to.end()
    else if (this.#end === 'full') this.to.destroySoon()
  }

  #release(): void {
    const now = performance.now()
    // Timers count whole milliseconds.
    for (let next = this.#waiting[0]; next !== undefined && next.dueMs <= now + 1; next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#waitingBytes -= next.chunk.length
      this.#pass(next.chunk)
    }
    if (this.#waitingBytes < maxWaitingBytes && !this.to.writableNeedDrain) this.#from.resume()
    this.#arm()
  }
}
