// A long path: node delay-relay.mjs PORT TARGET-PORT DELAY-MS BYTES-PER-SECOND, delay and rate each way, shared by all
// connections. It has a rate, since without one the far end of any delay would have all memory for a window.
import { connect, createServer } from 'node:net'

const [port, target, delayMs, bytesPerSecond] = process.argv.slice(2).map(Number)
/** What is on its way at full rate, and the queue of a router in front of it, as long again. */
const inFlightBytes = 2 * Math.ceil((bytesPerSecond * delayMs) / 1000)

/** One direction of the path: a chunk arrives `delayMs` after it has gone onto the wire, one chunk after the other. */
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
    // Counted as flying until the receiver has taken it, as a full window would be; a receiver that is gone calls back,
    // too.
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
