/** `LS_LONG=1` runs the long versions; without it the whole folder takes less than four minutes. */
export const long = process.env['LS_LONG'] === '1'

/** CI has the time for what takes minutes and shows more; `CI=true` does the same here. */
export const ci = long || process.env['CI'] !== undefined

export const mebibyte = 1024 * 1024

/** Set by `LS_SEED`, so that a failed run can be repeated. */
export const seed = Number(process.env['LS_SEED'] ?? Math.floor(Math.random() * 1e9))

/** A measured fact, in a line of its own. */
export function fact(suite: string, text: string): void {
  console.info(`[${suite}] ${text}`)
}

/** Numbers from 0 up to 1 that `seed` determines (mulberry32). */
export function randomFrom(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** One of `choices`. */
export function pick<T>(random: () => number, choices: readonly T[]): T {
  const choice = choices[Math.floor(random() * choices.length)]
  if (choice === undefined) throw new RangeError('nothing to pick from')
  return choice
}
