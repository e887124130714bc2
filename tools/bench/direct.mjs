// `pnpm bench:direct`: compares direct paths with the path through the server, on this machine. All systems take turns;
// the figures are medians, and ratios of the same turn. Arguments: the number of turns, and the systems; `tls` and
// `relays` are plain relays with and without TLS, which no direct path exceeds.
import { quantile } from './cases.mjs'
import { Target } from './children.mjs'
import { endOnSignals } from './processes.mjs'
import { median } from './report/statistics.mjs'
import { RunningSystem } from './running-system.mjs'
import { relays, tlsRelays } from './systems/limits.mjs'
import { pathSystems } from './systems/linksocks.mjs'

const bulkLoad = { bytes: 65_536, warmUpMs: 400, durationMs: 1200, direction: 'down' }
const latencyLoad = { warmUp: 500, count: 800, limitMs: 3000 }

/** The measured figures, and the unit of each. */
const figures = {
  'down, 1 stream': { unit: 'MB/s', digits: 0, run: (context) => bulk(context, 1) },
  'down, 8 streams': { unit: 'MB/s', digits: 0, run: (context) => bulk(context, 8) },
  '1 byte there and back, p50': { unit: 'ms', digits: 3, run: (context) => median50(context, 'roundTrips', {}) },
  'connect + first byte, p50': { unit: 'ms', digits: 3, run: (context) => median50(context, 'connectTimes', {}) },
  '10 KiB on a new connection, p50': {
    unit: 'ms',
    digits: 3,
    run: (context) => median50(context, 'answerTimes', { bytes: 10_240 }),
  },
}

const [roundsText = '3', names = 'ws,wss,tcp,udp'] = process.argv.slice(2)
const systems = { ...pathSystems(), relays, tls: tlsRelays }
const chosen = names.split(',').map((name) => systems[name])
endOnSignals()
const target = await Target.start()
const results = Object.fromEntries(chosen.map(({ id }) => [id, {}]))
try {
  for (let round = 0; round < Number(roundsText); round++) {
    const order = round % 2 === 0 ? chosen : chosen.toReversed()
    for (const system of order) await measure(system)
  }
} finally {
  target.stop()
}
print()

async function measure(system) {
  const running = await RunningSystem.start(system, target)
  try {
    for (const [name, { run }] of Object.entries(figures)) {
      const figure = await running.runCase({ run }, {})
      const known = (results[system.id][name] ??= { values: [], cpu: [] })
      known.values.push(figure.value)
      known.cpu.push(figure.cpuSecondsPerGiB)
      await running.becomeQuiet()
    }
  } finally {
    await running.stop()
  }
}

async function bulk({ route, measure }, streams) {
  const { cpuSeconds, bytes, seconds } = await measure('bulk', { ...bulkLoad, streams, route }, 'down')
  return { value: bytes / 1e6 / seconds, cpuSecondsPerGiB: (cpuSeconds / bytes) * 2 ** 30 }
}

async function median50({ route, run }, task, load) {
  return { value: quantile(await run(task, { ...latencyLoad, ...load, route }), 0.5) }
}

function print() {
  const rows = Object.entries(figures).map(([name, { unit, digits }]) => {
    const cells = chosen.map(({ id }) => {
      const { values, cpu } = results[id][name]
      const cost = cpu[0] === undefined ? '' : ` (CPU ${median(cpu).toFixed(2)} s/GiB)`
      return `${median(values).toFixed(digits)}${cost}${ratios(name, id)}`
    })
    return `| ${name}, ${unit} | ${cells.join(' | ')} |`
  })
  const heads = chosen.map(({ title }) => title)
  console.log([`|  | ${heads.join(' | ')} |`, `|---|${heads.map(() => '---:').join('|')}|`, ...rows].join('\n'))
}

/** Ratios of a direct path to each path through the server, turn by turn. */
function ratios(name, id) {
  if (id === 'ws' || id === 'wss') return ''
  const bases = chosen.filter((other) => other.id === 'ws' || other.id === 'wss')
  const each = bases.map((base) => {
    const turns = results[id][name].values.map((value, turn) => value / results[base.id][name].values[turn])
    return `${median(turns).toFixed(2)} × ${base.id}`
  })
  return each.length === 0 ? '' : `, ${each.join(', ')}`
}
