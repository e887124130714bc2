import { replyWords } from '@ls/foundation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RelayError } from './errors.js'
import { failureOf, formatFailure, parseFailure, replyOf } from './failure.js'

describe('parseFailure', () => {
  test('reads the word and the detail of our own texts', () => {
    expect(parseFailure('refused: 10.0.0.1:80 refused the connection')).toEqual({
      word: 'refused',
      detail: '10.0.0.1:80 refused the connection',
    })
  })

  test('counts any other text as failed', () => {
    const text = 'dial tcp 127.0.0.1:1: connect: connection refused'
    expect(parseFailure(text)).toEqual({ word: 'failed', detail: text })
  })

  test('is not fooled by a word in the middle', () => {
    expect(parseFailure('it was refused: really').word).toBe('failed')
  })

  test('undoes formatFailure', () => {
    fc.assert(
      fc.property(fc.constantFrom(...replyWords), fc.string(), (word, text) => {
        const detail = text.trim()
        expect(parseFailure(formatFailure({ word, detail }))).toEqual({ word, detail })
      }),
    )
  })
})

describe('failureOf', () => {
  test.each([
    ['ECONNREFUSED', 'refused'],
    ['EHOSTUNREACH', 'host-unreachable'],
    ['ENETUNREACH', 'network-unreachable'],
    ['ETIMEDOUT', 'timeout'],
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['EWHATEVER', 'failed'],
  ])('knows %s as %s', (code, word) => {
    expect(failureOf(Object.assign(new Error('x'), { code }), 'h:1').word).toBe(word)
  })

  test('takes the first of several attempts', () => {
    const first = Object.assign(new Error('a'), { code: 'ECONNREFUSED' })
    expect(failureOf(new AggregateError([first]), 'h:1').word).toBe('refused')
  })

  test('keeps the failure of a RelayError', () => {
    const failure = { word: 'forbidden', detail: 'no' } as const
    expect(failureOf(new RelayError(failure), 'h:1')).toBe(failure)
  })
})

test('replyOf has an answer for each word', () => {
  expect(replyWords.map((word) => replyOf(word))).toEqual([
    'refused',
    'host-unreachable',
    'network-unreachable',
    'timeout',
    'host-unreachable',
    'forbidden',
    'network-unreachable',
    'failed',
    'host-unreachable',
  ])
})
