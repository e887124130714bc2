import { FakeClock, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { PathControl } from './path-control.js'
import type { PathLimit, PathLimitOptions } from './path-limit.js'
import { StartLimit } from './start-limit.js'

type Make = (options: PathLimitOptions) => PathLimit

/** A limit with so many bytes in flight, and what it loads. */
function limited({ ack2, load }: { readonly ack2: boolean; readonly load: () => Promise<Make> }) {
  const clock = new FakeClock()
  const state = { inFlightBytes: 0, loads: 0, taken: 0 }
  const limit = new StartLimit({
    clock,
    ack2,
    quantumBytes: 65_536,
    unacknowledgedBytes: () => state.inFlightBytes,
    onDue: () => {},
    onMeasure: () => state.taken++,
    load: () => {
      state.loads++
      return load()
    },
  })
  return { clock, limit, state }
}

const loaded = (): Promise<Make> => Promise.resolve((options) => new PathControl(options))
const failed = (): Promise<Make> => Promise.reject(new TypeError('the page has no network'))

test.each([
  [true, 32_768],
  [false, 131_072],
])('StartLimit with ack2 %s holds bulk back as the measuring limit does at its start', (ack2, startBytes) => {
  const { clock, limit, state } = limited({ ack2, load: loaded })
  const onMeasure = (): void => {}
  const unacknowledgedBytes = (): number => state.inFlightBytes
  const others = { clock, ack2, quantumBytes: 65_536, unacknowledgedBytes, onDue: () => {}, onMeasure }
  const measuring = new PathControl(others)
  const seen = [startBytes - 1, startBytes].map((inFlightBytes) => {
    state.inFlightBytes = inFlightBytes
    return [limit.holdsBack, measuring.holdsBack, limit.messageBytes === measuring.messageBytes]
  })
  expect(seen).toEqual([
    [false, false, true],
    [true, true, true],
  ])
})

test('StartLimit loads nothing without bulk', () => {
  const { limit, state } = limited({ ack2: true, load: loaded })
  state.inFlightBytes = 32_767
  expect({ holdsBack: limit.holdsBack, loads: state.loads }).toEqual({ holdsBack: false, loads: 0 })
})

test('StartLimit lets the limit that it has loaded take over, once', async () => {
  const { limit, state } = limited({ ack2: true, load: loaded })
  state.inFlightBytes = 32_768
  expect({ first: limit.holdsBack, second: limit.holdsBack }).toEqual({ first: true, second: true })
  await until(() => state.taken > 0, 'the loaded limit')
  expect({ loads: state.loads, taken: state.taken }).toEqual({ loads: 1, taken: 1 })
})

test('StartLimit loads again 10 s after a failure, and not before', async () => {
  const { clock, limit, state } = limited({ ack2: true, load: failed })
  state.inFlightBytes = 32_768
  const loads: number[] = []
  for (const waitMs of [0, 9999, 1]) {
    clock.advance(waitMs)
    expect(limit.holdsBack).toBe(true)
    await Promise.resolve()
    loads.push(state.loads)
  }
  expect({ loads, taken: state.taken }).toEqual({ loads: [1, 1, 2], taken: 0 })
})
