import { spawnSync } from 'node:child_process'
import { keptQuantiles, quantile } from './cases.mjs'
import { Target } from './children.mjs'
import { RunningSystem } from './running-system.mjs'

/** Figures that belong to no case: memory beside the bulk cases, and the start of the program. */
export const memoryFigures = [
  { id: 'memory-idle', group: 'memory', title: 'just started, all processes', unit: 'MiB', better: 'lower' },
  { id: 'memory-peak', group: 'memory', title: 'most during the bulk cases', unit: 'MiB', better: 'lower' },
]
export const startFigures = [
  { id: 'start-version', group: 'start', title: '`linksocks --version`', unit: 'ms', better: 'lower' },
  { id: 'start-node', group: 'start', title: '`node -e 0`', unit: 'ms', better: 'lower' },
]
const startCount = 15

/**
 * Measures systems in turn, group by group and round by round, so that a machine that is busy for a while affects all
 * of them; every second round has the opposite order.
 *
 * @returns {Promise<{ values: Record<string, Record<string, number[]>>, distributions: object, failures: object[] }>}
 * `values` by figure and system, one for each round (a hole where a case failed); `distributions` by case and system,
 * the quantiles in `keptQuantiles` of all rounds together.
 */
export async function measureAll({ systems, cases, rounds, progress }) {
  const results = new Results()
  const target = await Target.start()
  try {
    for (let round = 0; round < rounds; round++) {
      for (const group of new Set(cases.map(({ group }) => group))) {
        const wanted = cases.filter((each) => each.group === group && (round === 0 || !each.once))
        for (const system of round % 2 === 0 ? systems : systems.toReversed()) {
          const fitting = wanted.filter((each) => fits(system, each))
          const log = (line) => progress(`round ${round + 1}/${rounds}  ${system.id}  ${line}`)
          await measureGroup({ system, cases: fitting, target, record: results.of(system.id, round), log })
        }
      }
    }
  } finally {
    target.stop()
  }
  return results.finish()
}

/** Returns the milliseconds that the program takes to print its version, and Node to do nothing, in turn. */
export function measureStart(program) {
  const time = (args) => {
    const started = performance.now()
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`)
    return performance.now() - started
  }
  const values = { 'start-version': { linksocks: [] }, 'start-node': { linksocks: [] } }
  for (let count = 0; count < startCount; count++) {
    values['start-version'].linksocks.push(time([program, '--version']))
    values['start-node'].linksocks.push(time(['-e', '0']))
  }
  return values
}

function fits(system, { group, needsUdp = false }) {
  return (system.groups?.includes(group) ?? true) && (system.udp || !needsUdp)
}

/**
 * Runs all cases of a group on one start of a system. A case that fails is repeated on a new start, unless it had one
 * already: some peers do not recover from an earlier case.
 */
async function measureGroup({ system, cases, target, record, log }) {
  let running
  for (const each of cases) {
    for (let mayRetry = true; mayRetry;) {
      mayRetry = running !== undefined
      try {
        running ??= await startSystem(system, target, each, record)
        log(`${each.id}: ${describe(each.figures, await measureCase(running, each, record))}`)
        break
      } catch (error) {
        log(`${each.id}: FAILED: ${error.message}`)
        if (!mayRetry) record.failure(each.id, error.message)
        await running?.stop()
        running = undefined
      }
    }
  }
  if (running === undefined) return
  const { processes } = running
  if (cases[0].group === 'bulk') record.figures(memoryFigures, { 'memory-peak': processes.residentMebibytes('VmHWM') })
  await running.stop()
}

async function measureCase(running, each, record) {
  const report = (figures) => record.figures(each.figures, figures)
  await running.becomeQuiet()
  const figures = await running.runCase(each, { keep: (id, times) => record.samples(id, times), report })
  report(figures)
  return figures
}

async function startSystem(system, target, { group, path }, record) {
  const running = await RunningSystem.start(system, target, path)
  const { processes } = running
  if (group === 'bulk') record.figures(memoryFigures, { 'memory-idle': processes.residentMebibytes() })
  return running
}

function describe(declared, figures) {
  const known = declared.filter(({ id }) => Number.isFinite(figures[id]))
  return known.map(({ id, unit }) => `${figures[id].toPrecision(3)} ${unit}`).join(', ')
}

class Results {
  #values = {}
  #samples = {}
  #failures = []

  /** Returns the functions that record the figures of one system in one round. */
  of(system, round) {
    return {
      figures: (declared, figures) => {
        // Not finite for a system without a process.
        for (const { id } of declared) if (Number.isFinite(figures[id])) this.#set(id, system, round, figures[id])
      },
      samples: (id, times) => {
        this.#samples[id] ??= {}
        this.#samples[id][system] = [...(this.#samples[id][system] ?? []), ...times]
      },
      failure: (id, error) => this.#failures.push({ system, round, case: id, error }),
    }
  }

  finish() {
    const bySystem = (samples) => Object.entries(samples).map(([system, times]) => [system, quantilesOf(times)])
    const distributions = Object.entries(this.#samples).map(([id, samples]) => [
      id,
      Object.fromEntries(bySystem(samples)),
    ])
    return { values: this.#values, distributions: Object.fromEntries(distributions), failures: this.#failures }
  }

  #set(id, system, round, value) {
    this.#values[id] ??= {}
    this.#values[id][system] ??= []
    this.#values[id][system][round] = value
  }
}

function quantilesOf(times) {
  return keptQuantiles.map((share) => Number(quantile(times, share).toFixed(4)))
}
