import { describe, expect, test } from 'vitest'
import { UsageError } from '../errors.js'
import { readHeaders } from './web-options.js'

describe('readHeaders', () => {
  test('reads names and values', () => {
    expect(readHeaders(['Host: a.example', 'X-A:b: c', 'X-Empty:'])).toEqual({
      Host: 'a.example',
      'X-A': 'b: c',
      'X-Empty': '',
    })
  })

  test.each([
    ['no colon', 'no name or no colon'],
    [': value', 'no name or no colon'],
    ['a b: c', 'must be a valid HTTP token'],
    ['Upgrade: h2c', 'Upgrade belongs to the WebSocket itself'],
    ['sec-websocket-key: x', 'sec-websocket-key belongs to the WebSocket itself'],
  ])('refuses %j', (field, message) => {
    expect(() => readHeaders([field])).toThrow(UsageError)
    expect(() => readHeaders([field])).toThrow(message)
  })

  test('refuses a value with a line break, without showing it', () => {
    expect(() => readHeaders(['X-A: sec\r\nret'])).toThrow(/^(?!.*sec).*the value of X-A/s)
  })
})
