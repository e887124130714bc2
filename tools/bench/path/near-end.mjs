// The near end of the shaped path: starts each system in turn, loads it, and sends the results to run.mjs.
import { once } from 'node:events'
import { Target } from '../children.mjs'
import { endOnSignals } from '../processes.mjs'
import { median } from '../report/statistics.mjs'
import { direct } from '../systems/limits.mjs'
import { otherBuild, ourSystems, reverseSystem, threadsSystem } from '../systems/linksocks.mjs'
import { peerSystems } from '../systems/peers.mjs'
import { measureRow } from './measure.mjs'
import { chooseRows } from './rows.mjs'
import { ShapedPath } from './shaped-path.mjs'

endOnSignals()
const [wanted] = await once(process, 'message')
process.once('disconnect', () => process.exit(1))
const path = ShapedPath.join(wanted.path)
const target = await Target.start({ ...path.farPlace, host: '0.0.0.0' })
const systems = [...ourSystems(), reverseSystem(), threadsSystem(), ...peerSystems].filter(
  ({ id }) => !/wss|mux|gost|wstunnel/.test(id),
)
try {
  for (const row of chooseRows(wanted.rows)) await measureInTurns(row, chosenSystems(row))
} finally {
  target.stop()
}
process.disconnect()

function chosenSystems(row) {
  const ids = wanted.systems?.split(',') ?? row.systems
  const others = wanted.against === undefined ? [] : [otherBuild(wanted.against)]
  return [direct, ...systems.filter(({ id }) => ids.includes(id)), ...others].filter((system) => {
    const reason = system.missing?.()
    if (reason !== undefined) console.log(`${system.title}: not measured: ${reason}`)
    return reason === undefined
  })
}

/** Systems take turns, so that a machine that is busy for a while affects all of them. */
async function measureInTurns(row, chosen) {
  const turns = chosen.map(() => [])
  for (let turn = 0; turn < Number(wanted.rounds); turn++) {
    for (const [index, system] of chosen.entries()) turns[index].push(await measureRow(system, target, path, row))
  }
  for (const [index, system] of chosen.entries()) report(row, system, turns[index])
}

function report(row, system, turns) {
  const of = (name) => median(turns.map((turn) => turn[name]))
  const figures = Object.fromEntries(
    ['mbit', 'idleMs', 'echoP50Ms', 'echoP99Ms', 'openP50Ms'].map((name) => [name, of(name)]),
  )
  const backMs = turns[0].backMs.map((_, index) => median(turns.map((turn) => turn.backMs[index])))
  const { id, title } = system
  process.send({ row: row.id, system: id, title, ...figures, backMs, echoes: turns[0].echoes })
}
