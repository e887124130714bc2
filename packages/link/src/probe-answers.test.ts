import { decode, encode, MessageType } from '@ls/codec'
import { FakeClock } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { ProbeAnswers } from './probe-answers.js'

const log = (text: string, level: 'trace' | 'info' = 'trace') => encode({ type: MessageType.Log, level, text })

describe('ProbeAnswers', () => {
  test('answers a probe', () => {
    const answer = new ProbeAnswers(new FakeClock()).answerTo(log('probe:1'))
    expect(answer && decode(answer)).toMatchObject({ type: MessageType.Log, level: 'trace', text: 'pong:{}' })
  })

  test.each([
    ['another text', log('problem')],
    ['another level', log('probe:1', 'info')],
    ['another message', encode({ type: MessageType.Partners, count: 1 })],
  ])('does not answer %s', (_what, message) => {
    expect(new ProbeAnswers(new FakeClock()).answerTo(message)).toBeUndefined()
  })

  test('answers once a second', async () => {
    const clock = new FakeClock()
    const answers = new ProbeAnswers(clock)
    answers.answerTo(log('probe:1'))
    expect(answers.answerTo(log('probe:2'))).toBeUndefined()
    clock.advance(1000)
    expect(answers.answerTo(log('probe:3'))).toBeDefined()
  })
})
