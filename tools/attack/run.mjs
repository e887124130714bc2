// Attacks the built server on loopback, one kind of attack after the other, while a bystander of another tenant uses
// it. Prints the server's peak memory and the bystander's latency before and during each attack. Ends with exit code 1
// when a limit was exceeded. `pnpm attack`, or `pnpm attack NAME…` for some. Linux only: it reads /proc.
import { endOnSignals } from '../bench/processes.mjs'
import { attacks } from './attacks/index.mjs'
import { judge } from './judge.mjs'
import { Rig } from './rig.mjs'

/** Time that the bystander is watched without an attack, and at least under attack, in ms. */
const watchMs = { before: 4000, during: 6000 }

endOnSignals()
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !attacks.some(({ id }) => id === name))
if (unknown.length > 0) {
  console.error(`attack: no attack '${unknown[0]}'; there are ${attacks.map(({ id }) => id).join(', ')}`)
  process.exit(2)
}

console.info(
  '| Attack | Peak RSS | Bystander p50 before | during | p99 before | during | Requests | Failed | Seconds |',
)
console.info('|---|--:|--:|--:|--:|--:|--:|--:|--:|')
const failures = []
for (const attack of attacks) {
  if (wanted.length > 0 && !wanted.includes(attack.id)) continue
  const missing = attack.missing?.()
  if (missing !== undefined) {
    console.info(`| ${attack.title} | skipped: ${missing} |`)
    continue
  }
  const result = await carryOut(attack)
  console.info(describe(attack, result))
  for (const fault of judge(result)) failures.push(`${attack.id}: ${fault}`)
}
for (const failure of failures) console.error(failure)
process.exit(failures.length === 0 ? 0 : 1)

async function carryOut(attack) {
  const startMs = performance.now()
  const rig = await Rig.start(attack)
  try {
    const before = await rig.watch(watchMs.before)
    const watching = rig.watch(watchMs.during, () => ended)
    let ended = false
    const faults = (await attack.run(rig).finally(() => (ended = true))) ?? []
    const during = await watching
    const seconds = (performance.now() - startMs) / 1000
    const found = [...faults, ...rig.faults()]
    return { before, during, seconds, peakMebibytes: rig.peakMebibytes(), faults: found, floorMs: attack.floorMs }
  } finally {
    await rig.stop()
  }
}

function describe({ title }, { before, during, peakMebibytes, seconds }) {
  const ms = (value) => `${value.toFixed(1)} ms`
  const latencies = [before.p50, during.p50, before.p99, during.p99].map(ms)
  return `| ${[title, `${Math.round(peakMebibytes)} MiB`, ...latencies, during.count, during.failed, Math.round(seconds)].join(' | ')} |`
}
