// Runs the properties of all parsers on a million inputs each, with a new seed every time: `pnpm fuzz` (nightly), or
// with `--runs N` on fewer. It prints the seed, and writes it with the result to .cache/fuzz.jsonl; `--seed N` repeats
// a run.
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { repositoryRoot } from '../workspace.mjs'
import { parserTests } from './parsers.mjs'

/** Inputs of one round: a test that runs for minutes without a pause cannot report to vitest. */
const roundInputs = 100_000
/** Longest time of one test in a round, in ms. */
const testLimitMs = 15 * 60_000
const kept = join(repositoryRoot, '.cache/fuzz.jsonl')

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
})
const runs = naturalNumber('runs', 1)
const firstSeed = naturalNumber('seed', 0)

for (let done = 0; done < runs; done += roundInputs) {
  const seed = firstSeed + done / roundInputs
  const inputs = Math.min(roundInputs, runs - done)
  console.info(`fuzz: seed ${seed}, ${inputs} inputs for each property`)
  const passed = runRound(seed, inputs)
  keep({ time: new Date().toISOString(), seed, inputs, passed })
  if (passed) continue
  console.error(`fuzz: repeat it with pnpm fuzz --seed ${seed} --runs ${inputs}`)
  process.exit(1)
}

function runRound(seed, inputs) {
  const vitest = join(repositoryRoot, 'node_modules/vitest/vitest.mjs')
  const options = [`--testTimeout=${testLimitMs}`, '--reporter=dot']
  const { status } = spawnSync(process.execPath, [vitest, 'run', ...options, ...parserTests], {
    cwd: repositoryRoot,
    stdio: 'inherit',
    env: { ...process.env, LS_RUNS: String(inputs), LS_SEED: String(seed) },
  })
  return status === 0
}

function keep(result) {
  mkdirSync(join(repositoryRoot, '.cache'), { recursive: true })
  appendFileSync(kept, `${JSON.stringify(result)}\n`)
}

function naturalNumber(name, min) {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= min) return value
  console.error(`fuzz: --${name} is '${values[name]}'; it must be a whole number of at least ${min}`)
  process.exit(2)
}
