import { describe, expect, test } from 'vitest'
import { errorChain, describeError, messageOf, stackOf } from './describe-error.js'

describe('describeError', () => {
  test('shows type, code and message', () => {
    const error = Object.assign(new RangeError('too far'), { code: 'ERR_FAR' })
    expect(describeError(error)).toEqual({ type: 'RangeError', code: 'ERR_FAR', message: 'too far' })
  })

  test('adds the stack on request', () => {
    expect(describeError(new Error('x'), { withStack: true }).stack).toContain('describe-error.test')
  })

  test.each([undefined, null, 'text', 7])('describes %j, which is no error', (thrown) => {
    expect(describeError(thrown).message).toBe(String(thrown))
  })
})

describe('messageOf', () => {
  test('looks into an error that says nothing itself', () => {
    expect(messageOf(new AggregateError([new Error('refused'), new Error('other')]))).toBe('refused')
  })
})

describe('stackOf', () => {
  test('holds the causes', () => {
    expect(stackOf(new Error('outer', { cause: new Error('inner') }))).toMatch(/Error: outer[^]*caused by Error: inner/)
  })
})

describe('errorChain', () => {
  test('ends at causes that form a circle', () => {
    const error = new Error('round')
    error.cause = error
    expect(errorChain(error)).toHaveLength(5)
  })
})
