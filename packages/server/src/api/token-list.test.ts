import { describe, expect, test } from 'vitest'
import { findToken } from './token-list.js'

function status(token: string, id: string, name?: string) {
  const policy = name === undefined ? {} : { policy: { name } }
  return { token, id, kind: 'forward' as const, clients: 0, kept: false, ...policy }
}

const tokens = [
  status('a', 'id1', 'ada'),
  status('b', 'id2', 'twin'),
  status('c', 'id3', 'twin'),
  status('ada2', 'id4'),
]

describe('findToken', () => {
  test.each([
    ['a', 'a'],
    ['id2', 'b'],
    ['ada', 'a'],
    ['ada2', 'ada2'],
    ['', undefined],
    ['nobody', undefined],
  ])('of "%s" is %s', (reference, token) => {
    expect(findToken(tokens, reference)?.token).toBe(token)
  })

  test('refuses a name of two', () => {
    expect(() => findToken(tokens, 'twin')).toThrow('several tokens have this name')
  })
})
