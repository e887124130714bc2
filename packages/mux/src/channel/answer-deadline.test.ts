import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import type { ChannelHost } from '../session/table-entry.js'
import { AnswerDeadline, remainingAnswerMs } from './answer-deadline.js'

/** A deadline of 15 s on a link that is up. */
function make() {
  const clock = new FakeClock()
  const host = { options: { clock }, linkedMs: () => clock.now() } as unknown as ChannelHost
  const errors: string[] = []
  const deadline = new AnswerDeadline(host, 15_000, (error) => void errors.push(error))
  return { clock, deadline, errors }
}

test('AnswerDeadline passes when its time is over', () => {
  const { clock, errors } = make()
  clock.advance(15_000)
  expect(errors).toEqual(['timeout: the peer did not answer within 15000 ms'])
})

test('AnswerDeadline lets a process that stood still read the answer, which may have arrived', () => {
  const { clock, deadline, errors } = make()
  clock.jump(20_000)
  clock.advance(4999)
  deadline.stop()
  clock.advance(10_000)
  expect(errors).toEqual([])
})

test('AnswerDeadline passes 5 s after a process stood still, also if it does so again', () => {
  const { clock, errors } = make()
  clock.jump(20_000)
  clock.advance(0)
  clock.jump(6000)
  clock.advance(0)
  expect(errors).toEqual(['timeout: the peer did not answer within 26000 ms'])
})

test.each([
  ['a fresh channel', 0, 0, 15_000],
  ['a channel on a link that was up all the time', 9000, 9000, 6000],
  ['a channel whose link was down', 1000, 20_000, 14_000],
  ['a channel whose peer has had its time', 15_000, 15_000, 0],
  ['a channel near its limit', 1000, 55_000, 5000],
  ['a channel past its limit', 1000, 61_000, 0],
])('remainingAnswerMs of %s', (_, linkedMs, elapsedMs, remainingMs) => {
  expect(remainingAnswerMs({ linkedMs, elapsedMs, timeoutMs: 15_000, limitMs: 60_000 })).toBe(remainingMs)
})
