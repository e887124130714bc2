import { silentLogger } from '@ls/foundation'
import { FakeClock } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import type { AuthorizeOptions, Question } from './authorize-options.js'
import { parseVerdict } from './authorize-options.js'
import { Authorizer } from './authorizer.js'

const question: Question = { event: 'link', token: { id: 'i', hash: 'h' }, role: 'client', address: '192.0.2.1' }
const about = (address: string): Question => ({ ...question, address })

function make(answer: string | Error | Promise<string>, options: Partial<AuthorizeOptions> = {}) {
  const clock = new FakeClock()
  const asked: string[] = []
  const warned: unknown[] = []
  const logger = { ...silentLogger, warn: (fields: object, text?: string) => void warned.push([text, fields]) }
  const ask = (body: string): Promise<string> => {
    asked.push(body)
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
  return { authorizer: new Authorizer({ url: 'http://a.test', clock, logger, ask, ...options }), asked, warned, clock }
}

describe('Authorizer', () => {
  test('allows what the service allows, and sends the question as JSON', async () => {
    const { authorizer, asked } = make('{"allow":true}')
    expect({ refusal: await authorizer.refusalOf(question), asked: JSON.parse(asked[0] ?? '') as unknown }).toEqual({
      refusal: undefined,
      asked: question,
    })
  })

  test('refuses with the reason of the service, and logs it', async () => {
    const { authorizer, warned } = make('{"allow":false,"reason":"not paid"}')
    expect({ refusal: await authorizer.refusalOf(question), warned: JSON.stringify(warned) }).toEqual({
      refusal: 'not paid',
      warned: expect.stringContaining('not paid') as string,
    })
  })

  test('asks again once the answer is too old', async () => {
    const { authorizer, asked, clock } = make('{"allow":true,"ttlSeconds":5}')
    await authorizer.refusalOf(question)
    clock.advance(4999)
    await authorizer.refusalOf(question)
    const before = asked.length
    clock.advance(2)
    await authorizer.refusalOf(question)
    expect({ before, asked: asked.length }).toEqual({ before: 1, asked: 2 })
  })

  test.each([
    ['refuse', 'the authorization service does not answer'],
    ['allow', undefined],
  ] as const)('follows onFailure %s where there is no answer', async (onFailure, expected) => {
    const { authorizer, warned } = make(new Error('connect ECONNREFUSED'), { onFailure })
    expect({ refusal: await authorizer.refusalOf(question), warned: JSON.stringify(warned) }).toEqual({
      refusal: expected,
      warned: expect.stringContaining('ECONNREFUSED') as string,
    })
  })

  test.each(['no JSON', '{"allow":"yes"}'])('calls %s a wrong answer', async (text) => {
    const { authorizer, warned } = make(text, { onFailure: 'refuse' })
    expect({ refusal: await authorizer.refusalOf(question), warned: JSON.stringify(warned) }).toEqual({
      refusal: 'the authorization service gives a wrong answer',
      warned: expect.stringContaining('gives a wrong answer, so clients are refused') as string,
    })
  })

  test('has 64 questions under way at most', async () => {
    const { authorizer, asked } = make(new Promise(() => {}))
    for (let count = 0; count < 64; count++)
      void authorizer.refusalOf({ ...about(String(count)), token: { id: 'i', hash: String(count % 2) } })
    expect({ refusal: await authorizer.refusalOf(about('more')), asked: asked.length }).toEqual({
      refusal: 'the authorization service does not answer',
      asked: 64,
    })
  })

  test('has 32 questions of one token under way at most', async () => {
    const { authorizer, asked } = make(new Promise(() => {}))
    for (let count = 0; count < 32; count++) void authorizer.refusalOf(about(String(count)))
    expect({ refusal: await authorizer.refusalOf(about('more')), asked: asked.length }).toEqual({
      refusal: 'the authorization service does not answer',
      asked: 32,
    })
  })

  test('asks one question for equal requests', () => {
    const { authorizer, asked } = make(new Promise(() => {}))
    for (let count = 0; count < 3; count++) void authorizer.refusalOf(question)
    expect(asked.length).toBe(1)
  })
})

test.each([
  ['x', 'the answer is no JSON'],
  ['null', 'the answer has no "allow" that is true or false'],
  ['{"allow":1}', 'the answer has no "allow" that is true or false'],
  ['{"allow":true,"reason":1}', '"reason" in the answer is no text'],
  ['{"allow":true,"ttlSeconds":-1}', '"ttlSeconds" in the answer is no number from 0 to 86400'],
])('parseVerdict rejects %s', (text, reason) => {
  expect(() => parseVerdict(text)).toThrow(reason)
})
