import { FakeClock } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { reverseToken } from '../../testing/reverse-token.js'
import { OrphanedTokens } from './orphaned-tokens.js'
import { type ConnectorToken, type ReverseToken, TokenRegistry } from './token-registry.js'

const tenMinutesMs = 600_000

describe('OrphanedTokens', () => {
  let clock: FakeClock
  let tokens: TokenRegistry
  let connected: Set<string>
  let orphans: OrphanedTokens
  let reverse: ReverseToken

  beforeEach(() => {
    clock = new FakeClock()
    tokens = new TokenRegistry()
    connected = new Set()
    orphans = new OrphanedTokens({
      clock,
      tokens,
      isConnected: (_reverse, instance) => connected.has(instance),
      remove: (token) => tokens.remove(token),
    })
    reverse = tokens.add(reverseToken)
  })

  function addToken(token: string, owner: string | undefined): ConnectorToken {
    return tokens.add({ kind: 'connector', token, reverse, owner })
  }

  function names(): string[] {
    return [...tokens.connectorsOf(reverse)].map(({ token }) => token)
  }

  test('ownerLeft removes the tokens of a provider that stays away for 10 minutes', () => {
    addToken('c', 'p')
    orphans.ownerLeft(reverse, 'p')
    clock.advance(tenMinutesMs - 1)
    expect(names()).toEqual(['c'])
    clock.advance(1)
    expect(names()).toEqual([])
  })

  test('ownerLeft keeps the tokens of others and of the server', () => {
    addToken('gone', 'p')
    addToken('other', 'q')
    addToken('server', undefined)
    orphans.ownerLeft(reverse, 'p')
    clock.advance(tenMinutesMs)
    expect(names()).toEqual(['other', 'server'])
  })

  test('ownerLeft waits for the last session of a provider', () => {
    addToken('c', 'p')
    connected.add('p')
    orphans.ownerLeft(reverse, 'p')
    expect(clock.pendingTimers).toBe(0)
  })

  test('ownerLeft starts no timer for a provider without tokens', () => {
    orphans.ownerLeft(reverse, 'p')
    expect(clock.pendingTimers).toBe(0)
  })

  test('ownerLeft restarts the 10 minutes', () => {
    addToken('c', 'p')
    orphans.ownerLeft(reverse, 'p')
    clock.advance(tenMinutesMs - 1)
    orphans.ownerLeft(reverse, 'p')
    clock.advance(tenMinutesMs - 1)
    expect(names()).toEqual(['c'])
  })

  test('ownerCame keeps the tokens of a provider that is back', () => {
    addToken('c', 'p')
    orphans.ownerLeft(reverse, 'p')
    orphans.ownerCame(reverse, 'p')
    clock.advance(tenMinutesMs)
    expect(names()).toEqual(['c'])
  })

  test('a provider that is connected when the time is up keeps its tokens', () => {
    addToken('c', 'p')
    orphans.ownerLeft(reverse, 'p')
    connected.add('p')
    clock.advance(tenMinutesMs)
    expect(names()).toEqual(['c'])
  })

  test('a token that another provider has taken over stays', () => {
    const token = addToken('c', 'p')
    orphans.ownerLeft(reverse, 'p')
    token.owner = 'q'
    clock.advance(tenMinutesMs)
    expect(names()).toEqual(['c'])
  })

  test('forget leaves no timer for the providers of a reverse token', () => {
    for (const owner of ['p', 'q']) {
      addToken(owner, owner)
      orphans.ownerLeft(reverse, owner)
    }
    orphans.forget(reverse)
    expect(clock.pendingTimers).toBe(0)
  })

  test('close leaves no timer at all', () => {
    addToken('c', 'p')
    orphans.ownerLeft(reverse, 'p')
    orphans.close()
    expect(clock.pendingTimers).toBe(0)
  })
})
