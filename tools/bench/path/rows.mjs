// The paths that are measured, and what beside: a row each.

const wide = 1_000_000
const small = 65_536

/** `changes`: rates in Mbit/s that follow one another, a turn of the measurement each. */
export const rows = [
  row('1-50-20', { mbit: 1, roundTripMs: 50, queueBytes: small }, { streams: 20, durationMs: 12_000, warmUpMs: 6000 }),
  ...[5, 20, 100].flatMap((mbit) =>
    [20, 50, 200].map((roundTripMs) => row(`${mbit}-${roundTripMs}-8`, { mbit, roundTripMs }, { streams: 8 })),
  ),
  ...[1, 5].flatMap((lossPercent) =>
    [4, 1].map((streams) =>
      row(`50-100-loss${lossPercent}-${streams}`, { mbit: 50, roundTripMs: 100, lossPercent }, { streams }),
    ),
  ),
  row('5-50-cubic-2', { mbit: 5, roundTripMs: 50 }, { streams: 2, congestionControl: 'cubic' }),
  row(
    'changes-50-8',
    { mbit: 20, roundTripMs: 50, queueBytes: small },
    { streams: 8, durationMs: 15_000, changes: [20, 1, 20] },
  ),
]

function row(id, shape, load) {
  return {
    id,
    shape: { lossPercent: 0, queueBytes: wide, ...shape },
    congestionControl: 'bbr',
    warmUpMs: 4000,
    durationMs: 8000,
    ...load,
    title: titleOf({ lossPercent: 0, ...shape }, load),
  }
}

function titleOf({ mbit, roundTripMs, lossPercent }, { streams, congestionControl, changes }) {
  const rate = changes === undefined ? mbit : changes.join(' → ')
  const loss = lossPercent === 0 ? '' : `, ${lossPercent} % loss`
  const control = congestionControl === undefined ? '' : `, ${congestionControl.toUpperCase()}`
  return `${rate} Mbit/s, ${roundTripMs} ms${loss}${control}, ${streams} ${streams === 1 ? 'stream' : 'streams'}`
}
