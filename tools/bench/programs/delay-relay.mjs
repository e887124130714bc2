// A long path: node delay-relay.mjs PORT TARGET-PORT DELAY-MS BYTES-PER-SECOND, delay and rate each way, shared by all
// connections. It needs a rate: without one, a sender could use all memory as its window, whatever the delay.
import { connect, createServer } from 'node:net'

const [port, target, delayMs, bytesPerSecond] = process.argv.slice(2).map(Number)
/** Bytes in flight at full rate, and as many in the queue of a router in front of the path. */
const inFlightBytes = 2 * Math.ceil((bytesPerSecond * delayMs) / 1000)

/** One direction of the path: a chunk arrives `delayMs` after it was sent, one chunk after the other. */
class Wire {
  #flying = []
  #flyingBytes = 0
  #freeAt = 0
  #timer
  #held = new Set()

  carry(from, to) {
    from.on('data', (chunk) => {
      this.#launch(chunk, from, to)
      if (this.#flyingBytes < inFlightBytes) return
      from.pause()
      this.#held.add(from)
    })
    from.on('end', () => this.#launch(undefined, from, to))
    from.on('error', () => to.destroy())
    from.on('close', () => this.#held.delete(from))
  }

  #launch(chunk, from, to) {
    const bytes = chunk?.length ?? 0
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + (bytes / bytesPerSecond) * 1000
    this.#flying.push({ chunk, to, arrivesAt: this.#freeAt + delayMs })
    this.#flyingBytes += bytes
    this.#timer ??= setTimeout(this.#land, this.#flying[0].arrivesAt - performance.now())
  }

  #land = () => {
    this.#timer = undefined
    const now = performance.now()
    while (this.#flying.length > 0 && this.#flying[0].arrivesAt <= now) this.#deliver(this.#flying.shift())
    if (this.#flying.length > 0) this.#timer = setTimeout(this.#land, this.#flying[0].arrivesAt - now)
  }

  #deliver({ chunk, to }) {
    if (chunk === undefined) return to.end()
    // Bytes count as in flight until the receiver has taken them, as with a full window; the callback also runs if the
    // receiver is gone.
    to.write(chunk, () => {
      this.#flyingBytes -= chunk.length
      if (this.#flyingBytes < inFlightBytes) this.#release()
    })
  }

  #release() {
    for (const socket of this.#held) socket.resume()
    this.#held.clear()
  }
}

const [up, down] = [new Wire(), new Wire()]
createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  up.carry(near, far)
  down.carry(far, near)
}).listen(port, '127.0.0.1')
