import { afterAll, beforeAll, expect, test } from 'vitest'
import { Target } from './children.mjs'
import { RunningSystem } from './running-system.mjs'
import { direct, relays } from './systems/limits.mjs'

// The load with the target and without any proxy: every task moves and counts the bytes that it should.
let target
let running

beforeAll(async () => {
  target = await Target.start()
  running = await RunningSystem.start(direct, target)
})

afterAll(async () => {
  await running?.stop()
  target?.stop()
})

/** Runs `run` as a case. */
function runCase(run) {
  return running.runCase({ run }, {})
}

test.each(['down', 'up'])('a bulk load counts the bytes of its streams (%s)', async (direction) => {
  const load = { direction, streams: 2, bytes: 1024, warmUpMs: 100, durationMs: 500 }
  const { bytes } = await runCase(({ route, measure }) => measure('bulk', { ...load, route }, direction))
  expect(bytes).toBeGreaterThan(0)
})

test.each([
  ['connectTimes', {}],
  ['roundTrips', {}],
  ['answerTimes', { bytes: 10_240 }],
])('%s gives a time for each action', async (task, load) => {
  const times = await runCase(({ route, run }) => run(task, { route, warmUp: 1, count: 3, limitMs: 10_000, ...load }))
  expect(times).toHaveLength(3)
})

test('beside keeps streams going for as long as an action takes', async () => {
  const load = { direction: 'down', streams: 2, bytes: 65_536, warmUpMs: 0 }
  const times = await runCase(({ route, run, beside }) =>
    beside({ ...load, route }, () => run('roundTrips', { route, warmUp: 0, count: 3, limitMs: 10_000 })),
  )
  expect(times).toHaveLength(3)
})

test.each([true, false])('requests are answered (kept connections: %s)', async (keep) => {
  const load = { keep, users: 2, warmUpMs: 50, durationMs: 500 }
  expect(await runCase(({ route, run }) => run('requests', { ...load, route }))).toBeGreaterThan(0)
})

test.each([
  ['windowedDatagrams', { window: 4, warmUpMs: 20 }],
  ['steadyDatagrams', { perSecond: 100 }],
])('%s come back', async (task, load) => {
  const { lost } = await runCase(({ route, run }) => run(task, { route, bytes: 100, durationMs: 500, ...load }))
  expect(lost).toBeLessThan(1)
})

test('useChannels sends as many messages as it should between its marks', async () => {
  const measured = await runCase(async ({ route, run, measure }) => {
    await run('openChannels', { route, count: 33 })
    const used = await measure('useChannels', { count: 20_000, limitMs: 10_000 })
    await run('closeChannels')
    return used
  })
  expect(measured).toMatchObject({ result: 20_000, seconds: expect.any(Number) })
})

test('a task that is not done in time is an error that names it', async () => {
  const hung = await RunningSystem.start(direct, target)
  const load = { warmUp: 0, count: 1_000_000, limitMs: 60_000 }
  const run = ({ route, run }) => run('roundTrips', { ...load, route })
  await expect(hung.runCase({ run, limitMs: 200 }, {})).rejects.toThrow('roundTrips was not done after 0.2 s')
  await hung.stop()
})

test('a path makes a round trip longer', async () => {
  const far = await RunningSystem.start(relays, target, { delayMs: 30, bytesPerSecond: 1_000_000 })
  const load = { warmUp: 0, count: 3, limitMs: 10_000 }
  const times = await far.runCase({ run: ({ route, run }) => run('roundTrips', { ...load, route }) }, {})
  await far.stop()
  // Node's timers fire up to a millisecond early.
  expect(Math.min(...times)).toBeGreaterThan(58)
})
