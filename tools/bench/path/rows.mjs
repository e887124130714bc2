// The measured paths with their loads, one row for each.

const wide = 1_000_000
const small = 65_536
const everyMode = ['linksocks', 'linksocks-agent', 'linksocks-reverse']

const slow = { mbit: 1, roundTripMs: 50, queueBytes: small }
const slowly = { warmUpMs: 6000, durationMs: 10_000 }

/**
 * `systems` are measured beside plain TCP, unless the command line names others. `changes`: rates in Mbit/s, one after
 * the other, each for an equal part of the measurement. `targets`: see targets.mjs.
 */
export const rows = [
  row('1-50-20', slow, { streams: 20, ...slowly, systems: everyMode, targets: atOneMbit() }),
  row('1-50-1', slow, { streams: 1, ...slowly, targets: atOneMbit() }),
  ...[5, 20, 100].flatMap((mbit) => [20, 50, 200].map((roundTripMs) => fastRow(mbit, roundTripMs))),
  row('100-200-1', { mbit: 100, roundTripMs: 200 }, { streams: 1, targets: { p99BeyondIdleMs: 30 } }),
  row('20-50-1', { mbit: 20, roundTripMs: 50 }, { streams: 1, targets: { p99BeyondIdleMs: 30 } }),
  ...[1, 5].flatMap((lossPercent) => [4, 1].map((streams) => lossRow(lossPercent, streams))),
  row('5-50-cubic-2', { mbit: 5, roundTripMs: 50 }, { streams: 2, congestionControl: 'cubic' }),
  row(
    'changes-50-8',
    { mbit: 20, roundTripMs: 50, queueBytes: small },
    { streams: 8, durationMs: 15_000, changes: [20, 1, 20], targets: { mbitShare: 0.9, backMs: 300 } },
  ),
  row('1-50-20-up', slow, { streams: 20, ...slowly, direction: 'up', targets: atOneMbit() }),
  fastRow(20, 50, 'up'),
  lossRow(1, 4, 'up'),
]

/** Returns the rows for a list of names: a full name selects that row, any other name all rows that begin with it. */
export function chooseRows(list) {
  if (list === undefined) return rows
  return list.split(',').flatMap((name) => {
    const whole = rows.filter(({ id }) => id === name)
    return whole.length > 0 ? whole : rows.filter(({ id }) => id.startsWith(name))
  })
}

function atOneMbit() {
  return { p50BeyondIdleMs: 100, p99BeyondIdleMs: 250 }
}

/** On each of these paths, four messages take less than 30 ms. */
function fastRow(mbit, roundTripMs, direction = 'down') {
  const systems = direction === 'down' && mbit === 20 && roundTripMs === 50 ? everyMode : undefined
  const load = { streams: 8, direction, targets: { p99BeyondIdleMs: 30 }, ...(systems && { systems }) }
  return row(`${mbit}-${roundTripMs}-8${suffix(direction)}`, { mbit, roundTripMs }, load)
}

function lossRow(lossPercent, streams, direction = 'down') {
  const shape = { mbit: 50, roundTripMs: 100, lossPercent }
  const id = `50-100-loss${lossPercent}-${streams}${suffix(direction)}`
  return row(id, shape, { streams, direction, targets: { p50OfPlain: 1.5 } })
}

function suffix(direction) {
  return direction === 'up' ? '-up' : ''
}

function row(id, shape, load) {
  return {
    id,
    shape: { lossPercent: 0, queueBytes: wide, ...shape },
    congestionControl: 'bbr',
    direction: 'down',
    systems: ['linksocks'],
    warmUpMs: 3500,
    durationMs: 7000,
    ...load,
    targets: { mbitShare: 0.95, openOfPlain: 1.1, ...load.targets },
    title: titleOf({ lossPercent: 0, ...shape }, load),
  }
}

function titleOf({ mbit, roundTripMs, lossPercent }, { streams, direction, congestionControl, changes }) {
  const rate = changes === undefined ? mbit : changes.join(' → ')
  const loss = lossPercent === 0 ? '' : `, ${lossPercent} % loss`
  const control = congestionControl === undefined ? '' : `, ${congestionControl.toUpperCase()}`
  const way = direction === 'up' ? 'upload' : 'download'
  return `${rate} Mbit/s, ${roundTripMs} ms${loss}${control}, ${streams} ${way}${streams === 1 ? '' : 's'}`
}
