// `pnpm bench:crowd`: measures whether stalled connections delay others, and how much memory they take. Linux, as root.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { endOnSignals } from '../processes.mjs'
import { faultsOf, headLine, rowLine } from './judge.mjs'
import { measureRow } from './measure.mjs'
import { directions, modes } from './rows.mjs'

const usage = `Usage: pnpm bench:crowd [options]

Connections that stand still, beside 50 streams of 20 kB/s and new connections, in a network namespace with socket
buffers of 64 KiB; each row takes less than a minute. Ends with exit code 1 when a limit of docs/performance.md is missed.

  --modes LIST       of ${Object.keys(modes).join(' ')} (default: all)
  --directions LIST  of ${directions.join(' ')}: readers of downloads, or targets of uploads, that stand still (default: both)
  --crowd N          connections that stand still (default 2000)
  --program PATH     another build's linksocks.js
  --help
`

const { values } = parseArgs({
  options: {
    modes: { type: 'string', default: Object.keys(modes).join(',') },
    directions: { type: 'string', default: directions.join(',') },
    crowd: { type: 'string', default: '2000' },
    program: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})

endOnSignals()
if (values.help === true) process.stdout.write(usage)
else if (process.platform !== 'linux' || process.getuid() !== 0)
  console.error('bench:crowd: SKIPPED: it needs Linux and root')
else if (process.env['LINKSOCKS_CROWD'] === undefined) process.exitCode = inNamespace()
else process.exitCode = await measure()

/**
 * Runs this program again in a namespace with small socket buffers: 2,000 buffers of the usual size would fill the
 * memory of the system.
 */
function inNamespace() {
  const buffers = "echo '4096 16384 65536' | tee /proc/sys/net/ipv4/tcp_wmem >/proc/sys/net/ipv4/tcp_rmem"
  const script = `ip link set lo up && ${buffers} && exec "$@"`
  const own = [process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const { status } = spawnSync('unshare', ['--net', 'sh', '-c', script, 'sh', ...own], {
    stdio: 'inherit',
    env: { ...process.env, LINKSOCKS_CROWD: 'yes' },
  })
  return status ?? 1
}

async function measure() {
  const faults = []
  console.info(headLine)
  for (const mode of values.modes.split(',')) {
    for (const direction of values.directions.split(',')) {
      const row = await measureRow({ mode, direction, crowd: Number(values.crowd), program: values.program })
      console.info(rowLine(row))
      faults.push(...faultsOf(row))
    }
  }
  for (const fault of faults) console.error(fault)
  return faults.length === 0 ? 0 : 1
}
