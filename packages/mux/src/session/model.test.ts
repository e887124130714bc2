import fc from 'fast-check'
import { describe, test } from 'vitest'
import { base, halfClosing, resumable, urgent, windowed } from '../../testing/session-pair.js'
import type { Limits } from '../../testing/simulated-hop.js'
import { type Hops, Simulation } from '../../testing/simulation.js'
import { steps } from '../../testing/steps.js'

// Random sequences of steps, compared with a model of the bytes that must arrive. `LS_LONG=1` runs 10,000 of each and
// longer ones; `LS_RUNS=1000 LS_SEED=…`, which a failure prints as `seed`, repeats it.

const isLong = process.env['LS_LONG'] === '1'
const parameters = { numRuns: isLong ? 10_000 : 300 }
const limits = fc.constantFrom<Limits>('default', 'tight', 'uneven', 'roomy')
const latencyMs = fc.constantFrom(0, 3, 60)
const timeoutMs = isLong ? 3_600_000 : 60_000

const topologies: readonly (readonly [string, Hops])[] = [
  ['base link', [base]],
  ['link with window', [windowed]],
  ['link with window and fin', [halfClosing]],
  ['link with window, fin and resume', [resumable]],
  ['link with a second transport for urgent messages', [urgent]],
  ['forwarded over links with a second transport', [urgent, urgent]],
  ['forwarded, extended to extended', [resumable, resumable]],
  ['forwarded, base to extended', [base, resumable]],
  ['forwarded, extended to base', [resumable, base]],
  ['forwarded, base to base', [base, base]],
]

describe.each(topologies)('Session model, %s', (_name, hops) => {
  test(
    'every byte arrives once and in order, every end is told once, nothing is left over',
    () => {
      fc.assert(
        fc.property(limits, latencyMs, steps(isLong ? 120 : 60), (limits, latencyMs, list) =>
          Simulation.run(hops, limits, latencyMs, list),
        ),
        parameters,
      )
    },
    timeoutMs,
  )
})
