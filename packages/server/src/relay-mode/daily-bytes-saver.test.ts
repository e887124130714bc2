import { silentLogger } from '@ls/foundation'
import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { DailyBytesSaver } from './daily-bytes-saver.js'

function saver() {
  const clock = new FakeClock()
  const state = { saves: 0 }
  const save = async (): Promise<void> => void state.saves++
  return { clock, state, saver: new DailyBytesSaver({ clock, logger: silentLogger, save }) }
}

test('DailyBytesSaver saves once in 30 s, however often bytes are counted', () => {
  const { clock, state, saver: each } = saver()
  for (let count = 0; count < 10; count++) each.charged()
  clock.advance(29_999)
  const before = state.saves
  clock.advance(1)
  expect({ before, after: state.saves }).toEqual({ before: 0, after: 1 })
})

test('DailyBytesSaver saves what was counted when it is closed', async () => {
  const { state, saver: each } = saver()
  await each.close()
  const before = state.saves
  each.charged()
  await each.close()
  expect({ before, after: state.saves }).toEqual({ before: 0, after: 1 })
})
