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

  test.each(['ada', 'id1'])('of "%s" is no token of a provider that took that text', (reference) => {
    const decoy = { ...status(reference, 'id9'), kind: 'connector' as const, byProvider: true }
    expect(findToken([decoy, ...tokens], reference)?.token).toBe('a')
  })

  test('finds a token of a provider by its text where nothing else matches', () => {
    const laptop = { ...status('laptop', 'id9'), kind: 'connector' as const, byProvider: true }
    expect(findToken([...tokens, laptop], 'laptop')).toBe(laptop)
  })

  test.each(['ada', 'id1'])('refuses the text of one that names another: "%s"', (reference) => {
    expect(() => findToken([...tokens, status(reference, 'id9')], reference)).toThrow('several tokens match')
  })

  test('refuses a name of two', () => {
    expect(() => findToken(tokens, 'twin')).toThrow('several tokens match; give the id or the text of one')
  })
})
