import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../cases.mjs'
import { RunningSystem } from '../running-system.mjs'

const typing = { idleMs: 2000, echoEveryMs: 37, openEveryMs: 400 }

/** Measures one system on the path as it is; times in milliseconds, the rate in Mbit/s of payload. */
export async function measureRow(system, target, path, row, direction) {
  path.setCongestionControl(row.congestionControl)
  path.change(row.shape)
  const running = await RunningSystem.start(system, target, undefined, path.farPlace)
  try {
    return await running.runCase({ run: ({ route, measure }) => run({ route, measure, path, row, direction }) }, {})
  } finally {
    await running.stop()
  }
}

async function run({ route, measure, path, row, direction }) {
  const { streams, warmUpMs, durationMs, changes = [] } = row
  const load = { ...typing, route, direction, streams, warmUpMs, durationMs }
  const changing = changeInTurn(path, row, typing.idleMs + warmUpMs, durationMs / changes.length)
  const { bytes, seconds, result } = await measure('keystrokes', load, direction)
  await changing
  const took = (samples) => samples.map(({ tookMs }) => tookMs)
  return {
    mbit: (bytes * 8) / 1e6 / seconds,
    idleMs: quantile(took(result.idle), 0.5),
    echoP50Ms: quantile(took(result.echoes), 0.5),
    echoP99Ms: quantile(took(result.echoes), 0.99),
    openP50Ms: result.opens.length === 0 ? undefined : quantile(took(result.opens), 0.5),
    echoes: result.echoes,
  }
}

async function changeInTurn(path, { shape, changes = [] }, delayMs, everyMs) {
  if (changes.length > 0) await sleep(delayMs)
  for (const mbit of changes) {
    path.change({ ...shape, mbit })
    await sleep(everyMs)
  }
}
