// `pnpm bench:path`: measures whether a keystroke waits behind bulk on a slow path. Needs root; see
// docs/decisions/0025.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { endOnSignals } from '../processes.mjs'
import { replaceReport } from '../report/page.mjs'
import { repositoryRoot } from '../systems/find.mjs'
import { echoPicture } from './picture.mjs'
import { countShort, pathTable, progressLine } from './report.mjs'
import { keepResults, readResults, resultsFile } from './results.mjs'
import { rows } from './rows.mjs'
import { missingForPath, ShapedPath } from './shaped-path.mjs'

const pictureRow = '1-50-20'
const pictureSystems = ['direct', 'v2ray', 'chisel', 'linksocks']
const usage = `Usage: pnpm bench:path [options]

Measures echoes of one byte beside bulk, on paths with a rate, a delay and losses, as ratios to plain TCP in the same run;
all rows take less than 12 minutes. Exits with 1 when one of ours is short of a target.

  --rows LIST       only these, or rows whose name begins so; there are
                    ${rows.map(({ id }) => id).join(' ')}
  --systems LIST    of linksocks, linksocks-agent, linksocks-reverse, linksocks-threads, v2ray, chisel (default: what the
                    row is about)
  --against PATH    another build's linksocks.js, to compare with
  --rounds N        turns of each system, A B A B; the table has medians (default 1)
  --report          measure nothing: show the table of what ${resultsFile} has
  --page            write table and picture to docs/performance.md as well; the picture takes
                    --rows ${pictureRow} --systems ${pictureSystems.slice(1).join(',')}
  --help
`

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    systems: { type: 'string' },
    against: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    report: { type: 'boolean' },
    page: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})

endOnSignals()
const missing = values.report === true ? undefined : missingForPath()
if (values.help === true) process.stdout.write(usage)
else if (missing !== undefined) console.error(`bench:path: SKIPPED, nothing was measured: ${missing}`)
else {
  if (values.report !== true) await measure()
  const results = readResults()
  console.log(`\n${pathTable(results)}\n\nAlso in ${resultsFile}`)
  if (values.page === true) writePage(results)
  const { short, all } = countShort(results)
  console.log(`${short} of ${all} rows of ours are short of a target`)
  if (short > 0) process.exitCode = 1
}

/** Everything except the servers runs at the near end, so that no namespace lies between load and clients. */
async function measure() {
  const path = await ShapedPath.open(rows[0].shape)
  const program = fileURLToPath(new URL('near-end.mjs', import.meta.url))
  const [command, ...args] = [...path.nearPrefix, process.execPath, program]
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  child.send({ ...values, path: path.describe() })
  const date = new Date().toISOString().slice(0, 10)
  const results = []
  child.on('message', (result) => {
    const plain = results.find(({ row, system }) => row === result.row && system === 'direct')
    results.push({ ...result, date })
    console.log(progressLine(result, plain))
    keepResults(results)
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) process.exitCode = 1
}

function writePage(results) {
  const page = join(repositoryRoot, 'docs/performance.md')
  const dates = [...new Set(results.map(({ date }) => date))]
  const drawn = pictureSystems.flatMap((id) => results.filter(({ row, system }) => row === pictureRow && system === id))
  const file = join(dirname(page), 'performance/keystroke.svg')
  mkdirSync(dirname(file), { recursive: true })
  const { title } = rows.find(({ id }) => id === pictureRow)
  writeFileSync(file, echoPicture(`How long an echo takes: ${title}`, drawn))
  const picture = '![Echo latency over time beside 20 downloads at 1 Mbit/s](performance/keystroke.svg)'
  const report = `Measured on ${dates.join(' and ')} with \`pnpm bench:path\`, one turn of each.\n\n${picture}\n\n${pathTable(results)}`
  writeFileSync(page, replaceReport(readFileSync(page, 'utf8'), report, 'bench:path'))
}
