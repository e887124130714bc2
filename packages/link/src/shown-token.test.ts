import { describe, expect, test } from 'vitest'
import { ShownToken } from './shown-token.js'

describe('ShownToken', () => {
  function shownToken(client: { token?: string; reverse?: boolean; serverToken?: string } = {}) {
    const changes: string[] = []
    const all = { token: 'anonymous', reverse: true, ...client }
    return { shown: new ShownToken({ settings: all, onChange: (token) => changes.push(token) }), changes }
  }

  test('received makes it the token of a provider without one', () => {
    const { shown } = shownToken()
    shown.received('given')
    expect(shown.current).toBe('given')
  })

  test.each([
    ['a provider with a token', { token: 't' }, 't'],
    ['a client', { reverse: false }, 'anonymous'],
  ])('received changes nothing of what %s shows', (_who, client, expected) => {
    const { shown } = shownToken(client)
    shown.received('given')
    expect({ current: shown.current, fromServer: shown.fromServer }).toEqual({ current: expected, fromServer: 'given' })
  })

  test('received reports each token once', () => {
    const { shown, changes } = shownToken()
    for (const token of ['a', 'a', 'b']) shown.received(token)
    expect(changes).toEqual(['a', 'b'])
  })

  test('refused forgets the token that the server gave', () => {
    const { shown } = shownToken({ serverToken: 'kept' })
    expect({ refused: shown.refused('kept'), current: shown.current }).toEqual({ refused: true, current: 'anonymous' })
  })

  test('refused keeps a newer token than the one that was refused', () => {
    const { shown } = shownToken({ serverToken: 'old' })
    shown.received('new')
    expect({ refused: shown.refused('old'), current: shown.current }).toEqual({ refused: true, current: 'new' })
  })

  test.each([
    ['without a token', {}, 'anonymous'],
    ['with a token of its own', { token: 't' }, 't'],
  ])('refused is final %s', (_how, client, token) => {
    expect(shownToken(client).shown.refused(token)).toBe(false)
  })
})
