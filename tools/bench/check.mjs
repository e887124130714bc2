// `pnpm bench:check`: checks whether the data path has become slower. Figures are ratios to two plain Node relays in
// the same run, so they are comparable between machines. A figure that is more than a quarter worse than in
// reference.json fails. With --update it writes the measured figures to reference.json instead.
import { readFileSync, writeFileSync } from 'node:fs'
import { quantile } from './cases.mjs'
import { Target } from './children.mjs'
import { endOnSignals } from './processes.mjs'
import { findRegressions } from './regression.mjs'
import { median } from './report/statistics.mjs'
import { RunningSystem } from './running-system.mjs'
import { relays } from './systems/limits.mjs'
import { ourSystems } from './systems/linksocks.mjs'

const referenceFile = new URL('reference.json', import.meta.url)
/**
 * Pairs of measurements, ours and the relays' in turn; a busy moment or two do not change the median of their ratios.
 */
const pairs = 5
/** How often a figure may be measured before it counts as slower. */
const attempts = 3
const bulkLoad = { streams: 8, bytes: 65_536, warmUpMs: 250, durationMs: 600 }
const latencyLoad = { warmUp: 50, count: 300, limitMs: 2000 }

/**
 * The measured figures; smaller is better. CPU time for fixed work and the faster times depend little on other load.
 */
const figures = {
  'CPU of a download': (running) => bulkCpu(running, 'down'),
  'CPU of an upload': (running) => bulkCpu(running, 'up'),
  'CPU of a connection': (running) => connectionCpu(running),
  'round trip': (running) => fastTime(running, 'roundTrips'),
  'connect + first byte': (running) => fastTime(running, 'connectTimes'),
}

endOnSignals()
const target = await Target.start()
const [ours] = ourSystems()
const systems = [await RunningSystem.start(ours, target), await RunningSystem.start(relays, target)]
try {
  if (process.argv.includes('--update')) update(await measureRatios(Object.keys(figures)))
  else await check(JSON.parse(readFileSync(referenceFile, 'utf8')))
} finally {
  await Promise.all(systems.map((system) => system.stop()))
  target.stop()
}

async function check(reference) {
  const ratios = await measureRatios(Object.keys(figures))
  let regressions = findRegressions(ratios, reference)
  for (let tries = 1; tries < attempts && regressions.length > 0; tries++) {
    console.log('again, since a busy machine looks the same:')
    const again = await measureRatios(regressions.map(({ name }) => name))
    // A slower program is slower each time; noise is not, so the best attempt counts.
    for (const [name, ratio] of Object.entries(again)) ratios[name] = Math.min(ratios[name], ratio)
    regressions = findRegressions(ratios, reference)
  }
  for (const { message } of regressions) console.error(message)
  console.log(
    regressions.length === 0 ? 'bench:check: no regression' : `bench:check: ${regressions.length} regressions`,
  )
  process.exitCode = regressions.length === 0 ? 0 : 1
}

function update(ratios) {
  const rounded = Object.fromEntries(Object.entries(ratios).map(([name, ratio]) => [name, Number(ratio.toFixed(2))]))
  writeFileSync(referenceFile, `${JSON.stringify(rounded, undefined, 2)}\n`)
}

/** Returns our figures divided by those of the relays, for each name. */
async function measureRatios(names) {
  const ratios = {}
  for (const name of names) {
    const measure = figures[name]
    // A first run, so that V8 has compiled the code.
    for (const system of systems) await measure(system)
    const measured = []
    for (let pair = 0; pair < pairs; pair++) measured.push((await measure(systems[0])) / (await measure(systems[1])))
    ratios[name] = median(measured)
    const all = measured.map((ratio) => ratio.toFixed(2)).join(', ')
    console.log(`${name}: ${ratios[name].toFixed(2)} × two plain Node relays (${all})`)
  }
  return ratios
}

/** Returns the CPU seconds for each byte. */
function bulkCpu(running, direction) {
  const run = async ({ route, measure }) => {
    const { cpuSeconds, bytes } = await measure('bulk', { ...bulkLoad, route, direction }, direction)
    return cpuSeconds / bytes
  }
  return running.runCase({ run }, {})
}

/** Returns the CPU seconds for each connection that carries a byte. */
function connectionCpu(running) {
  const run = async ({ route, run, processes }) => {
    const before = processes.cpuSeconds()
    const times = await run('connectTimes', { ...latencyLoad, route, warmUp: 0 })
    return (processes.cpuSeconds() - before) / times.length
  }
  return running.runCase({ run }, {})
}

/** Returns the tenth percentile of many times: the time without other load on the processor. */
function fastTime(running, task) {
  return running.runCase(
    { run: async ({ route, run }) => quantile(await run(task, { route, ...latencyLoad }), 0.1) },
    {},
  )
}
