import { readFile, writeFile } from 'node:fs/promises'
// `pnpm bench:counters`: measures what the counters of a channel cost for each message, compared with the same code
// without them.
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { quantile } from './cases.mjs'
import { scratchFile } from './scratch.mjs'
import { sessionPair } from './session-pair.mjs'

const usage = `Usage: pnpm bench:counters [--rounds N]

Messages pass between two sessions in memory, so that nothing but our own code costs time. The code is there three times
in one process: as it is, once more as it is, and without the lines that count. They take turns of two milliseconds, in
another order each round (default 2000). Prints the CPU time of a message, and the median and the quartiles of the ratios
of a round: of the first to the one without counters, and of the second to the first, which is the noise.
`

/** The lines that count, by file. The benchmark fails when one of them is missing from the code. */
const counting = {
  'flow/flow.js': [/^\s*if \(this\.#lacksCredit\)\s*this\.stalls\+\+;/m],
  'channel/sender.js': [/this\.sentBytes \+= bytes;/, /this\.sentDatagrams\+\+;/],
  'channel/receiver.js': [
    /this\.receivedBytes \+= bytes;/,
    /this\.receivedBytes \+= payload\.length;/,
    /this\.receivedDatagrams\+\+;/,
  ],
  'session/session-end.js': [/this\.#receivedMessages\+\+;/],
}

const withoutCounters = {
  name: 'without-counters',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]mux[/\\]dist[/\\].*\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      const [, lines = []] = Object.entries(counting).find(([name]) => path.replaceAll('\\', '/').endsWith(name)) ?? []
      return { contents: lines.reduce((rest, line) => remove(rest, line, path), text) }
    })
  },
}

function remove(text, line, path) {
  const rest = text.replace(line, '')
  if (rest === text) throw new Error(`${path} has no line like ${line}: tools/bench/counters.mjs is older than it`)
  return rest
}

/** Returns the class `Session` of a copy of the built packages, changed by `plugins`. */
async function sessionClass(name, plugins = []) {
  const entry = fileURLToPath(import.meta.resolve('@ls/mux'))
  const { outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: dirname(entry),
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    plugins,
  })
  const file = scratchFile(`${name}.mjs`)
  await writeFile(file, outputFiles[0].contents)
  return (await import(pathToFileURL(file).href)).Session
}

/** Returns the CPU time of the process, in nanoseconds. */
function cpuNs() {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}

function turn(pair, payload, count) {
  const before = cpuNs()
  for (let index = 0; index < count; index++) pair.carry(payload)
  return (cpuNs() - before) / count
}

/** Returns the CPU time of a message in each turn, by variant. */
function measure(variants, { bytes, count, rounds }) {
  const payload = new Uint8Array(bytes)
  const pairs = Object.entries(variants).map(([name, Session]) => ({ name, pair: sessionPair(Session), turns: [] }))
  for (let warm = 0; warm < warmUpRounds; warm++) for (const { pair } of pairs) turn(pair, payload, count)
  for (let round = 0; round < rounds; round++) {
    for (let step = 0; step < pairs.length; step++) {
      const { pair, turns } = pairs[(round + step * (round % 2 === 0 ? 1 : 2)) % pairs.length]
      turns.push(turn(pair, payload, count))
    }
  }
  return Object.fromEntries(pairs.map(({ name, turns }) => [name, turns]))
}

function report(bytes, { counted, again, bare }) {
  const ratios = (one, other) => {
    const all = one.map((each, round) => each / other[round])
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(all, share).toFixed(3))
    return `${middle} (${low}–${high})`
  }
  const ns = (turns) => `${Math.round(quantile(turns, 0.5))} ns`
  const columns = [`${bytes} B`, ns(counted), ns(bare), ratios(counted, bare), ratios(again, counted)]
  console.log(`| ${columns.join(' | ')} |`)
}

/** Rounds after which the compiler has compiled all variants. */
const warmUpRounds = 60

/** Payload of a message, and messages in one turn, which takes about two milliseconds. */
const loads = [
  { bytes: 64, count: 2000 },
  { bytes: 65_536, count: 50 },
]

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '2000' }, help: { type: 'boolean', short: 'h' } },
})
if (values.help === true) process.stdout.write(usage)
else {
  const variants = {
    counted: await sessionClass('counted'),
    again: await sessionClass('again'),
    bare: await sessionClass('bare', [withoutCounters]),
  }
  console.log('| Message | CPU time | without counters | ratio | noise |\n|---|--:|--:|--:|--:|')
  for (const load of loads) report(load.bytes, measure(variants, { ...load, rounds: Number(values.rounds) }))
}
// The timers of the sessions would keep the process running.
process.exit(0)
