// The near end of the shaped path: starts each system in turn, loads it, and sends what it measured to run.mjs.
import { once } from 'node:events'
import { Target } from '../children.mjs'
import { endOnSignals } from '../processes.mjs'
import { median } from '../report/statistics.mjs'
import { direct } from '../systems/limits.mjs'
import { otherBuild, ourSystems } from '../systems/linksocks.mjs'
import { peerSystems } from '../systems/peers.mjs'
import { measureRow } from './measure.mjs'
import { rows } from './rows.mjs'
import { ShapedPath } from './shaped-path.mjs'

endOnSignals()
const [wanted] = await once(process, 'message')
process.once('disconnect', () => process.exit(1))
const path = ShapedPath.join(wanted.path)
const target = await Target.start({ ...path.farPlace, host: '0.0.0.0' })
const results = []
try {
  for (const row of chosenRows()) for (const system of chosenSystems()) results.push(await measureInTurns(row, system))
} finally {
  target.stop()
}
process.send(results)
process.disconnect()

function chosenRows() {
  const prefixes = wanted.rows?.split(',') ?? ['']
  return rows.filter(({ id }) => prefixes.some((prefix) => id.startsWith(prefix)))
}

function chosenSystems() {
  const known = [...ourSystems(), ...peerSystems].filter(
    ({ id }) => !['linksocks-wss', 'v2ray-mux', 'gost', 'wstunnel'].includes(id),
  )
  const ids = wanted.systems?.split(',') ?? known.map(({ id }) => id)
  const chosen = known.filter(({ id }) => ids.includes(id))
  const others = wanted.against === undefined ? [] : [otherBuild(wanted.against)]
  return [direct, ...chosen, ...others].filter((system) => {
    const reason = system.missing?.()
    if (reason !== undefined) console.log(`${system.title}: not measured: ${reason}`)
    return reason === undefined
  })
}

async function measureInTurns(row, system) {
  const turns = []
  for (let turn = 0; turn < Number(wanted.rounds); turn++) {
    turns.push(await measureRow(system, target, path, row, wanted.direction))
  }
  const of = (name) => median(turns.map((turn) => turn[name]))
  const figures = Object.fromEntries(
    ['mbit', 'idleMs', 'echoP50Ms', 'echoP99Ms', 'openP50Ms'].map((name) => [name, of(name)]),
  )
  print(row, system, figures)
  return {
    row: row.id,
    title: row.title,
    system: system.id,
    direction: wanted.direction,
    ...figures,
    echoes: turns[0].echoes,
  }
}

function print(row, system, { mbit, idleMs, echoP50Ms, echoP99Ms, openP50Ms }) {
  const plain = results.find(({ row: id, system: name }) => id === row.id && name === 'direct')
  const ratio = (value, other) => (other === undefined ? '' : ` (×${(value / other).toFixed(2)})`)
  console.log(
    `${row.title} · ${system.title}: ${mbit.toFixed(2)} Mbit/s${ratio(mbit, plain?.mbit)}, ` +
      `echo idle ${idleMs.toFixed(0)}, p50 ${echoP50Ms.toFixed(0)}${ratio(echoP50Ms, plain?.echoP50Ms)}, ` +
      `p99 ${echoP99Ms.toFixed(0)}${ratio(echoP99Ms, plain?.echoP99Ms)}, ` +
      `open p50 ${openP50Ms?.toFixed(0) ?? '–'}${ratio(openP50Ms, plain?.openP50Ms)} ms`,
  )
}
