/** `LS_LONG=1` runs the long versions; without it the whole folder takes less than four minutes. */
export const long = process.env['LS_LONG'] === '1'

/** CI has time for longer tests; `CI=true` selects them here too. */
export const ci = long || process.env['CI'] !== undefined

export const mebibyte = 1024 * 1024

/** Seed of random choices; `LS_SEED` sets it, so that a failed run can be repeated. */
export const seed = Number(process.env['LS_SEED'] ?? Math.floor(Math.random() * 1e9))

/** Prints a measured fact on a line of its own. */
export function fact(suite: string, text: string): void {
  console.info(`[${suite}] ${text}`)
}

/** Returns random numbers from 0 to below 1 for `seed` (mulberry32). */
export function randomFrom(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Returns one of `choices`. */
export function pick<T>(random: () => number, choices: readonly T[]): T {
  const choice = choices[Math.floor(random() * choices.length)]
  if (choice === undefined) throw new RangeError('nothing to pick from')
  return choice
}
