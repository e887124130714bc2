import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { requireProgram } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { runProgram } from './run-program.js'

const script = fileURLToPath(new URL('../../tools/bench/nat-pairs.sh', import.meta.url))

/** Why networks cannot be made here; undefined where they can. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need root on Linux'
  const missing = ['bash', 'ip', 'nft', 'curl', 'miniupnpd'].filter((name) => requireProgram(name) === undefined)
  if (missing.length > 0) return `there is no ${missing.join(', ')}`
  const made = spawnSync('ip', ['netns', 'add', probe], { encoding: 'utf8' })
  spawnSync('ip', ['netns', 'del', probe])
  return made.status === 0 ? undefined : `no network namespace can be made: ${made.stderr.trim()}`
}

const probe = `upnp-probe-${process.pid}`
const problem = obstacle()
if (problem !== undefined) console.warn(`\n*** the tests with a router are SKIPPED: ${problem} ***\n`)

interface Row {
  /** Milliseconds until there was a path, with its protocol, or `none`. */
  readonly opened: string
  /** What the direct path and the server carried. */
  readonly direct: string
  readonly relayed: string
}

/** Two programs behind NATs, the provider's first, and a server that both reach. */
async function pair(nats: string): Promise<Row> {
  const environment = { BYTES: '1000000', REQUESTS: '1' }
  const { output, errors } = await runProgram('bash', [script, nats], { environment, timeoutMs: 90_000 })
  const cells = output.trim().split('\n').at(-1)?.split(' | ') ?? []
  if (cells.length !== 5) throw new Error(`unexpected output: ${output}\n${errors}`)
  return { opened: cells[2]!, direct: cells[3]!, relayed: cells[4]! }
}

describe.skipIf(problem !== undefined)('two programs behind symmetric NATs', { timeout: 100_000 }, () => {
  test('use the server, since no path opens', async () => {
    const { opened, relayed } = await pair('symmetric:symmetric')
    expect(`${opened}: ${relayed}`).toMatch(/^none: [1-9]\d*\.\d MB\/s/)
  })

  test('go direct where the NAT of one opens a port by UPnP', async () => {
    const { opened, direct } = await pair('upnp:symmetric')
    expect(`${opened}: ${direct}`).toMatch(/^\d+ \(UDP\): [1-9]\d*\.\d MB\/s/)
  })
})
