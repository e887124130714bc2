// `pnpm bench:path`: does a keystroke wait behind downloads on a slow path? Needs root; see docs/decisions/0025.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { endOnSignals } from '../processes.mjs'
import { repositoryRoot } from '../systems/find.mjs'
import { rows } from './rows.mjs'
import { missingForPath, ShapedPath } from './shaped-path.mjs'

const usage = `Usage: pnpm bench:path [options]

Measures echoes of one byte beside bulk, on paths with a rate, a delay and losses, as ratios to plain TCP.

  --rows LIST       only rows whose name begins with one of these; there are ${rows.map(({ id }) => id).join(', ')}
  --systems LIST    of direct, linksocks, linksocks-agent, v2ray, chisel (default all; direct is always there)
  --against PATH    another build's linksocks.js, to compare with
  --rounds N        turns of each system (default 1)
  --direction WAY   down or up (default down)
  --help
`

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    systems: { type: 'string' },
    against: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    direction: { type: 'string', default: 'down' },
    help: { type: 'boolean', short: 'h' },
  },
})

endOnSignals()
const missing = missingForPath()
if (values.help === true) process.stdout.write(usage)
else if (missing === undefined) await measure()
else console.error(`bench:path: SKIPPED, nothing was measured: ${missing}`)

/** All but the servers runs at the near end, so that what is measured has no namespace to cross. */
async function measure() {
  const path = await ShapedPath.open(rows[0].shape)
  const program = fileURLToPath(new URL('near-end.mjs', import.meta.url))
  const [command, ...args] = [...path.nearPrefix, process.execPath, program]
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  child.send({ ...values, path: path.describe() })
  let results
  child.on('message', (message) => (results = message))
  const [code] = await once(child, 'exit')
  if (code !== 0) process.exitCode = 1
  if (results === undefined) return
  const folder = join(repositoryRoot, '.cache/bench')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'path.json'), `${JSON.stringify(results)}\n`)
  console.log(`\nAlso in ${join(folder, 'path.json')}`)
}
