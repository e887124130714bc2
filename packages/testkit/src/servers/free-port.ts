import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'

/**
 * Range of the ports. It lies below 32768, where systems begin to take ports for outgoing connections and for port 0,
 * so no program gets one of these before the test does.
 */
const firstPort = 10_000
const lastPort = 32_767

/** Test files that may run side by side: each has ports of its own. */
const files = 16
const portsEach = Math.floor((lastPort - firstPort + 1) / files)

/** Number of ports, the latest ones, that are not returned again: more than any test uses. */
const maxGiven = 500
const given = new Set<number>()

/** Returns a free TCP port on loopback that neither another test nor the system will take soon. */
export async function freePort(): Promise<number> {
  const own = firstPort + (Number(process.env['VITEST_POOL_ID'] ?? 0) % files) * portsEach
  const used = await portsOfThisSecond()
  for (;;) {
    const port = own + Math.floor(Math.random() * portsEach)
    if (given.has(port) || used.has(port) || !(await isFree(port))) continue
    for (const oldest of given) {
      if (given.size < maxGiven) break
      given.delete(oldest)
    }
    given.add(port)
    return port
  }
}

/** How long {@link usedPorts} counts, in milliseconds: one look takes up to 100 on a busy machine. */
const lookMs = 1000
let lookedAtMs = Number.NEGATIVE_INFINITY
let seen: Promise<ReadonlySet<number>>

/** Ports of this test file are used by no other, and those that it got are not given again: they need no new look. */
function portsOfThisSecond(): Promise<ReadonlySet<number>> {
  if (performance.now() - lookedAtMs > lookMs) {
    lookedAtMs = performance.now()
    seen = usedPorts()
  }
  return seen
}

/**
 * Local ports of all TCP connections of this machine, also of those that have ended within the last minute: a program
 * that does not set SO_REUSEADDR, such as pywssocks, cannot open such a port. Empty on systems other than Linux.
 */
export async function usedPorts(): Promise<ReadonlySet<number>> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'latin1').catch(() => '')),
  )
  const ports = tables.join('\n').matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) /gm)
  return new Set(Array.from(ports, ([, digits = '']) => Number.parseInt(digits, 16)))
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
