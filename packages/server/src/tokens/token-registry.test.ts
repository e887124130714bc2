import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type ConnectorToken, makeToken, type ReverseToken, TokenRegistry } from './token-registry.js'

function reverse(token: string): ReverseToken {
  const login = { username: undefined, password: undefined }
  return { kind: 'reverse', token, port: -1, host: '127.0.0.1', ...login, allowManageConnector: false }
}

function connector(token: string, to: ReverseToken): ConnectorToken {
  return { kind: 'connector', token, reverse: to, owner: undefined }
}

describe('TokenRegistry', () => {
  test('find finds a token given in clear', () => {
    const tokens = new TokenRegistry()
    const record = tokens.add({ kind: 'forward', token: 'abc' })
    expect(tokens.find('abc')).toBe(record)
  })

  test('findByHash finds a token by its SHA-256 in lowercase hex', () => {
    const tokens = new TokenRegistry()
    const record = tokens.add({ kind: 'forward', token: 'abc' })
    expect(tokens.findByHash(createHash('sha256').update('abc').digest('hex'))).toBe(record)
  })

  test('find does not find a token by its hash', () => {
    const tokens = new TokenRegistry()
    tokens.add({ kind: 'forward', token: 'abc' })
    expect(tokens.find(createHash('sha256').update('abc').digest('hex'))).toBeUndefined()
  })

  test.each([
    ['token already exists', 'abc'],
    ["'anonymous' is reserved and cannot be used as a token", 'anonymous'],
    ['a token of 0 bytes; it must have 1–255 bytes', ''],
    ['a token of 256 bytes; it must have 1–255 bytes', 'é'.repeat(128)],
  ])('add says "%s"', (message, token) => {
    const tokens = new TokenRegistry()
    tokens.add(reverse('abc'))
    expect(() => tokens.add({ kind: 'forward', token })).toThrow(message)
  })

  test('connectorsOf gives the connector tokens of one reverse token', () => {
    const tokens = new TokenRegistry()
    const [one, other] = [tokens.add(reverse('one')), tokens.add(reverse('other'))]
    const mine = tokens.add(connector('mine', one))
    tokens.add(connector('theirs', other))
    expect([...tokens.connectorsOf(one)]).toEqual([mine])
  })

  test('remove makes the name free', () => {
    const tokens = new TokenRegistry()
    tokens.remove(tokens.add({ kind: 'forward', token: 'abc' }))
    expect(() => tokens.assertFree('abc')).not.toThrow()
  })

  test('remove takes a connector token from its reverse token', () => {
    const tokens = new TokenRegistry()
    const record = tokens.add(reverse('abc'))
    tokens.remove(tokens.add(connector('mine', record)))
    expect([...tokens.connectorsOf(record)]).toEqual([])
  })

  test('remove does not remove a newer token of the same name', () => {
    const tokens = new TokenRegistry()
    const old = tokens.add({ kind: 'forward', token: 'abc' })
    tokens.remove(old)
    const newer = tokens.add({ kind: 'forward', token: 'abc' })
    tokens.remove(old)
    expect(tokens.find('abc')).toBe(newer)
  })

  test('iterating gives all tokens in the order they were added', () => {
    const tokens = new TokenRegistry()
    for (const token of ['b', 'a', 'c']) tokens.add({ kind: 'forward', token })
    expect([...tokens].map(({ token }) => token)).toEqual(['b', 'a', 'c'])
  })
})

test('makeToken makes another token of 128 bits each time', () => {
  const made = new Set(Array.from({ length: 100 }, makeToken))
  expect([...made].filter((token) => /^[0-9a-f]{32}$/.test(token))).toHaveLength(100)
})
