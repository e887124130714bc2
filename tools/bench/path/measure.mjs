import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../cases.mjs'
import { RunningSystem } from '../running-system.mjs'
import { allowanceMs, backAfterMs } from './targets.mjs'

const typing = { idleMs: 1500, echoEveryMs: 37, openEveryMs: 400 }

/** Measures one system on the current path; times in milliseconds, the rate in Mbit/s of payload. */
export async function measureRow(system, target, path, row) {
  path.setCongestionControl(row.congestionControl)
  path.change(row.shape)
  const running = await RunningSystem.start(system, target, undefined, path.farPlace)
  try {
    return await running.runCase({ run: ({ route, measure }) => run({ route, measure, path, row }) }, {})
  } finally {
    await running.stop()
  }
}

async function run({ route, measure, path, row }) {
  const { streams, direction, warmUpMs, durationMs, changes = [] } = row
  const load = { ...typing, route, direction, streams, warmUpMs, durationMs }
  const changing = changeInTurn(path, row, typing.idleMs + warmUpMs, durationMs / changes.length)
  const { bytes, seconds, result } = await measure('keystrokes', load, direction)
  const changedAtMs = (await changing).map((atMs) => atMs - result.beganAtMs)
  const took = (samples) => samples.map(({ tookMs }) => tookMs)
  const idleMs = quantile(took(result.idle), 0.5)
  const echoes = took(result.echoes.filter(({ atMs }) => atMs >= 0))
  return {
    mbit: (bytes * 8) / 1e6 / seconds,
    idleMs,
    echoP50Ms: quantile(echoes, 0.5),
    echoP99Ms: quantile(echoes, 0.99),
    openP50Ms: result.opens.length === 0 ? undefined : quantile(took(result.opens), 0.5),
    // The first rate of the list was in force before the measurement.
    backMs: changes.map((mbit, index) => backMs(result.echoes, { mbit, index, idleMs, changedAtMs })).slice(1),
    echoes: result.echoes,
  }
}

function backMs(echoes, { mbit, index, idleMs, changedAtMs }) {
  const [fromMs, toMs = Infinity] = changedAtMs.slice(index)
  return backAfterMs(echoes, { fromMs, toMs, allowedMs: idleMs + allowanceMs(mbit) })
}

/** Changes the rates one after the other; returns the times of the changes, by the clock of the machine. */
async function changeInTurn(path, { shape, changes = [] }, delayMs, everyMs) {
  if (changes.length > 0) await sleep(delayMs)
  const changedAtMs = []
  for (const mbit of changes) {
    path.change({ ...shape, mbit })
    changedAtMs.push(Date.now())
    await sleep(everyMs)
  }
  return changedAtMs
}
