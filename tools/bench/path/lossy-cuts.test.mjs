import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { missingForPath } from './shaped-path.mjs'

const script = fileURLToPath(new URL('lossy-cuts.mjs', import.meta.url))
const missing = process.env.CI === undefined ? 'it takes half a minute; CI runs it' : missingForPath()
if (missing !== undefined) console.warn(`\n*** transfers over a path with losses are SKIPPED: ${missing} ***\n`)

test.skipIf(missing !== undefined)(
  'transfers over a path that loses 1 % are intact while the link is cut',
  () => {
    const output = execFileSync(process.execPath, [script, 'run', lossBased()], { encoding: 'utf8', timeout: 100_000 })
    console.info(output)
    expect(output).toMatch(/^[1-9]\d* transfers .* all intact$/m)
  },
  120_000,
)

/** Returns CUBIC, or a similar algorithm where the system does not allow CUBIC in a namespace. */
function lossBased() {
  const allowed = readFileSync('/proc/sys/net/ipv4/tcp_allowed_congestion_control', 'utf8').trim().split(' ')
  if (allowed.includes('cubic')) return 'cubic'
  console.warn(
    `\n*** CUBIC is not among ${allowed.join(', ')} (net.ipv4.tcp_allowed_congestion_control): RENO instead ***\n`,
  )
  return 'reno'
}
