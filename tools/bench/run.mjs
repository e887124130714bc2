// `pnpm bench`: every system in turn, round after round, on this machine in this session; medians as one table.
// BENCH_ROUNDS (default 3) and BENCH_SECONDS (default 3, for each bulk measurement) make it longer or shorter.
import { fork } from 'node:child_process'
import { cpus, release } from 'node:os'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as measure from './measure.mjs'
import { availableSystems, cpuSeconds, residentMebibytes } from './systems.mjs'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3)
const seconds = Number(process.env['BENCH_SECONDS'] ?? 3)

const rows = [
  { name: 'down, 1 stream (MB/s)', run: (open) => measure.throughputDown(open, 1, seconds), bulk: true },
  { name: 'down, 8 streams (MB/s)', run: (open) => measure.throughputDown(open, 8, seconds), bulk: true },
  { name: 'up, 1 stream (MB/s)', run: (open) => measure.throughputUp(open, 1, seconds), bulk: true },
  { name: 'up, 8 streams (MB/s)', run: (open) => measure.throughputUp(open, 8, seconds), bulk: true },
  { name: 'connect + first byte, p50 (ms)', run: async (open) => quantile(await measure.connectTimes(open, 200), 0.5) },
  { name: '1 byte there and back, p50 (ms)', run: async (open) => quantile(await measure.roundTrips(open, 500), 0.5) },
  { name: '1 byte there and back, p99 (ms)', run: async (open) => quantile(await measure.roundTrips(open, 500), 0.99) },
  {
    name: '… beside 8 downloads, p50 (ms)',
    run: async (open) => quantile(await measure.roundTripsUnderLoad(open, 8, 50), 0.5),
  },
  {
    name: '… beside 8 downloads, p99 (ms)',
    run: async (open) => quantile(await measure.roundTripsUnderLoad(open, 8, 50), 0.99),
  },
  {
    name: '10 KiB until its end, p50 (ms)',
    run: async (open) => quantile(await measure.closeDelimited(open, 100), 0.5),
  },
]

const { systems, missing } = availableSystems()
const target = await startTarget()
const results = new Map(systems.map(({ name }) => [name, new Map()]))

for (let round = 0; round < rounds; round++) {
  for (const { name, start } of systems) {
    const system = await start(target.port)
    const open = measure.opener(system, target.port)
    for (const row of rows) {
      const cpuBefore = await cpuSeconds(system.processes)
      const value = await row.run(open)
      record(name, row.name, value)
      if (row.bulk && system.processes.length > 0) {
        const gibibytes = (value * (seconds + 1)) / 1073.74
        record(
          name,
          `CPU, ${row.name.replace(' (MB/s)', '')} (s/GiB)`,
          ((await cpuSeconds(system.processes)) - cpuBefore) / gibibytes,
        )
      }
      process.stderr.write(`round ${round + 1}  ${name}  ${row.name}: ${value.toFixed(2)}\n`)
    }
    if (system.processes.length > 0) record(name, 'memory afterwards (MiB)', await residentMebibytes(system.processes))
    for (const child of system.processes) child.kill('SIGKILL')
  }
}
target.process.kill()

const table = render()
process.stdout.write(`${table}\n`)
await writeFile(fileURLToPath(new URL('../../.cache/bench.md', import.meta.url)), table)

function record(system, row, value) {
  const values = results.get(system)
  values.set(row, [...(values.get(row) ?? []), value])
}

function render() {
  const names = systems.map(({ name }) => name)
  const rowNames = [...new Set(names.flatMap((name) => [...results.get(name).keys()]))]
  const lines = [
    `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, Linux ${release()}, Node ${process.version}; ${rounds} rounds, medians`,
    '',
    `| | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---:').join('|')}|`,
    ...rowNames.map((row) => `| ${row} | ${names.map((name) => cell(results.get(name).get(row))).join(' | ')} |`),
  ]
  if (missing.length > 0) lines.push('', `Not measured, since not installed: ${missing.join(', ')}.`)
  return lines.join('\n')
}

function cell(values) {
  if (values === undefined) return '–'
  const median = quantile(values, 0.5)
  return median >= 100 ? median.toFixed(0) : median.toFixed(2)
}

function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

async function startTarget() {
  const child = fork(fileURLToPath(new URL('target.mjs', import.meta.url)))
  const port = await new Promise((resolve) => child.once('message', resolve))
  return { port, process: child }
}
