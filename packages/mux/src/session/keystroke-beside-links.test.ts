import { expect, test } from 'vitest'
import { LoadedPath, quantile } from '../../testing/loaded-path.js'

const mbit = 100
const bytesPerMs = mbit * 125
/** Payload that the path carries, in bytes a millisecond. */
const payloadPerMs = (bytesPerMs * 1448) / 1500
const roundTripMs = 200
const echoEveryMs = 37

/** Opens four links of one user over a path that holds 2.5 MB; a person types over each. */
function openFour(startsOnly: boolean): LoadedPath[] {
  const paths: LoadedPath[] = []
  for (const seed of [0, 1, 2, 3]) {
    const shape = { rate: bytesPerMs, roundTripMs, queueBytes: 1_000_000, loss: 0, startsOnly, seed }
    const path = new LoadedPath(shape, { extensions: ['window', 'fin', 'resume', 'ack2', 'urgent'] }, paths[0])
    path.echo(echoEveryMs)
    paths.push(path)
  }
  paths[0]?.clock.advance(1500)
  return paths
}

const cases = (['down', 'up'] as const).flatMap((direction) =>
  [true, false].map((startsOnly) => ({ direction, startsOnly })),
)

test.each(cases)(
  'four links with 8 streams $direction fill a path and no queue, where BBR stays in its start: $startsOnly',
  ({ direction, startsOnly }) => {
    const paths = openFour(startsOnly)
    for (const path of paths) path.load(direction, 2)
    const [first] = paths as [LoadedPath]
    first.clock.advance(3500)
    const from = first.clock.now()
    const before = receivedBytes(paths)
    first.clock.advance(7000)
    const share = (receivedBytes(paths) - before) / 7000 / payloadPerMs
    const times = paths.flatMap((path) => path.echoTimes(from, from + 7000 - 3 * roundTripMs))
    const p99Ms = quantile(
      times.toSorted((a, b) => a - b),
      0.99,
    )
    expect({ p99: p99Ms - roundTripMs <= 100, share: share >= 0.87 }).toEqual({ p99: true, share: true })
  },
)

test.each([true, false])('a link that comes later gets a share, where BBR stays in its start: %s', (startsOnly) => {
  const [late, ...others] = openFour(startsOnly) as [LoadedPath, ...LoadedPath[]]
  for (const path of others) path.download(2)
  late.clock.advance(6000)
  late.download(2)
  late.clock.advance(2000)
  // With the pace and the small steps of a path that is full from the beginning, it has 1 % after 8 s.
  expect(late.run(6000) / payloadPerMs).toBeGreaterThan(0.05)
})

function receivedBytes(paths: readonly LoadedPath[]): number {
  return paths.reduce((sum, path) => sum + path.receivedBytes, 0)
}
