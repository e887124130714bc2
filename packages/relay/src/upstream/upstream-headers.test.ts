import { describe, expect, test } from 'vitest'
import { checkUpstreamHeaders, fillSource, parseUpstreamHeaders } from './upstream-headers.js'

describe('parseUpstreamHeaders', () => {
  test('reads names and values', () => {
    expect(parseUpstreamHeaders(['X-For: {source}', 'X-Time:  a: b '])).toEqual({
      'X-For': '{source}',
      'X-Time': 'a: b',
    })
  })

  test.each([
    ['no colon', 'must be "Name: value"'],
    [': value', 'must be "Name: value"'],
    ['a b: c', 'the upstream header "a b" has a name that HTTP does not allow'],
    ['a: b\r\nHost: c', 'the upstream header "a" has a value that HTTP does not allow'],
    ['Host: c', 'the upstream header Host belongs to the tunnel itself'],
    ['proxy-authorization: c', 'belongs to the tunnel itself'],
  ])('refuses %j', (field, message) => {
    expect(() => parseUpstreamHeaders([field])).toThrow(message)
  })
})

test('checkUpstreamHeaders shows no value in its errors', () => {
  expect(() => checkUpstreamHeaders({ a: 'secret\n' })).toThrow(expect.not.stringContaining('secret') as Error)
})

describe('fillSource', () => {
  test('puts the client in and leaves the target to others', () => {
    expect(fillSource({ a: '{source} to {target} for {source}' }, '192.0.2.1')).toEqual({
      a: '192.0.2.1 to {target} for 192.0.2.1',
    })
  })

  test('says "unknown" of a client that is not', () => {
    expect(fillSource({ a: '{source}' })).toEqual({ a: 'unknown' })
  })
})
