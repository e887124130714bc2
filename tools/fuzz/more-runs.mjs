// Loaded by vitest.config.ts if LS_RUNS is given: every property runs on that many inputs, whatever its test says, and
// from the seed LS_SEED if that is given. Asynchronous properties keep their number, since they use sockets.
import { vi } from 'vitest'

const numRuns = Number(process.env.LS_RUNS)
const seed = process.env.LS_SEED === undefined ? {} : { seed: Number(process.env.LS_SEED) }

vi.mock('fast-check', async (importOriginal) => {
  const original = await importOriginal()
  const assert = (property, parameters = {}) => {
    if (property.isAsync()) return original.assert(property, { ...parameters, ...seed })
    return original.assert(property, { ...parameters, ...seed, numRuns })
  }
  return { ...original, assert, default: { ...original.default, assert } }
})
