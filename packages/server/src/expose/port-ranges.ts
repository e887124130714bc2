import { maxPort } from '@ls/foundation'

/** Checks a value of the option `allowPorts`. @throws RangeError naming the value and what is wrong with it */
export function checkPortRanges(text: string): void {
  void new PortRanges(text)
}

/** Ports that providers may request. */
export class PortRanges {
  readonly #ranges: readonly (readonly [first: number, last: number])[]

  /**
   * Parses `2222`, `4000-4100` or several of them with commas between.
   *
   * @throws RangeError naming the value and what is wrong with it
   */
  constructor(text: string) {
    this.#ranges = text
      .split(',')
      .map((range) => range.trim())
      .filter((range) => range !== '')
      .map(parseRange)
  }

  allows(port: number): boolean {
    return this.#ranges.some(([first, last]) => port >= first && port <= last)
  }

  /** At most `limit` of the ports, starting with a random one: a freed port is not reused immediately. */
  *draw(limit: number, random: () => number = Math.random): Generator<number> {
    const size = this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
    const start = Math.floor(random() * size)
    for (let step = 0; step < Math.min(size, limit); step++) yield this.#at((start + step) % size)
  }

  #at(index: number): number {
    let left = index
    for (const [first, last] of this.#ranges) {
      if (left <= last - first) return first + left
      left -= last - first + 1
    }
    throw new RangeError(`there is no port number ${index}`)
  }
}

function parseRange(text: string): readonly [number, number] {
  const [, low = '', high = low] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  const [first, last] = [Number(low), Number(high)]
  if (low === '') throw new RangeError(`"${text}" is no range of ports; write 2222 or 4000-4100`)
  if (first < 1 || last > maxPort || first > last) {
    throw new RangeError(`"${text}" is no range of ports from 1 to ${maxPort}, the lower one first`)
  }
  return [first, last]
}
