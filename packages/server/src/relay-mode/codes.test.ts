import { FakeClock, until } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { ServerError } from '../errors.js'
import { AuthThrottle } from '../links/auth-throttle.js'
import type { Peer } from '../links/peer.js'
import { type ReverseToken, TokenRegistry } from '../tokens/token-registry.js'
import { Account } from './account.js'
import { Codes } from './codes.js'

describe('Codes', () => {
  let clock: FakeClock
  let tokens: TokenRegistry
  let throttle: AuthThrottle
  let account: Account
  let judged: string[]
  let reverse: ReverseToken
  let codes: Codes
  beforeEach(() => {
    clock = new FakeClock()
    tokens = new TokenRegistry()
    throttle = new AuthThrottle({ clock })
    account = new Account({ clock, owner: 'address', bytesPerSecond: 1, dailyBytes: 1, maxChannels: 1 })
    judged = []
    reverse = addIdentity('r')
    codes = makeCodes(async (code) => {
      judged.push(code)
      return code.startsWith('weak') ? 'this code is too easy to guess' : undefined
    })
  })

  function makeCodes(judgeCode?: (code: string) => Promise<string | undefined>): Codes {
    const limits = judgeCode === undefined ? { maxCodes: 2 } : { maxCodes: 2, judgeCode }
    return new Codes({ clock, tokens, throttle, limits, accountsOf: () => [account] })
  }

  function addIdentity(token: string): ReverseToken {
    const login = { username: undefined, password: undefined }
    const identity = { madeAtMs: 0, address: 'a' }
    return tokens.add({ kind: 'reverse', token, port: -1, host: '', ...login, allowManageConnector: true, identity })
  }

  const peer = { remoteAddress: '1.2.3.4' } as Peer
  const check = (code: string): Promise<void> => codes.check({ peer, reverse, code })

  test('check takes a good code', async () => {
    await expect(check('tuna-42-lamp')).resolves.toBeUndefined()
  })

  test('check refuses a short code, and names the limit', async () => {
    await expect(check('äöü4567')).rejects.toThrow('a code of 7 characters; it must have at least 8')
  })

  test('check refuses a code that is easy to guess', async () => {
    await expect(check('weak-code')).rejects.toThrow('this code is too easy to guess')
  })

  test('check takes an empty code, since the server makes one up', async () => {
    await expect(check('')).resolves.toBeUndefined()
  })

  test('check judges the first 16 characters', async () => {
    await check('x'.repeat(255))
    expect(judged).toEqual(['x'.repeat(16)])
  })

  test('check takes a code that the identity has already, whatever its address did', async () => {
    tokens.add({ kind: 'connector', token: 'weak-code', reverse, owner: 'code weak-code' })
    for (let count = 0; count < 9; count++) throttle.failed('1.2.3.4')
    await expect(check('weak-code')).resolves.toBeUndefined()
  })

  test('check waits for an address that has guessed', async () => {
    for (let count = 0; count < 9; count++) throttle.failed('1.2.3.4')
    await expect(check('tuna-42-lamp')).rejects.toThrow('too many codes from this address: wait 8 s')
  })

  test('check judges at most 16 codes of an address in one burst', async () => {
    const answers = Promise.allSettled(Array.from({ length: 17 }, (_, index) => check(`tuna-42-lamp-${index}`)))
    await until(() => judged.length === 16, 'the codes')
    expect((await answers).filter(({ status }) => status === 'rejected')).toHaveLength(1)
  })

  test('check judges one code after the other, with rests four times as long', async () => {
    const times: number[] = []
    codes = makeCodes(async () => {
      times.push(clock.now())
      clock.advance(100)
      return undefined
    })
    const startMs = clock.now()
    const all = Promise.all(['tuna-42-lamp', 'lamp-42-tuna', 'sofa-17-moon'].map(check))
    await until(() => {
      if (times.length < 3) clock.advance(10)
      return times.length === 3
    }, 'the codes')
    await all
    expect(times.map((time) => Math.floor((time - startMs) / 500))).toEqual([0, 1, 2])
  })

  const inUse = new ServerError('ERR_SERVER_TOKEN_EXISTS', 'connector token already exists')

  test('refused counts as a guess of the address', () => {
    for (let count = 0; count < 4; count++) codes.refused(peer, `tuna-42-lamp-${count}`, inUse)
    expect(throttle.waitMs('1.2.3.4')).toBe(250)
  })

  test('refused counts the same code of a session once: a provider that waits for it must not lock out its address', () => {
    for (let count = 0; count < 100; count++) codes.refused(peer, 'tuna-42-lamp', inUse)
    expect(throttle.waitMs('1.2.3.4')).toBe(0)
  })

  test('refused counts every code of a session that was refused many', () => {
    const many = Array.from({ length: 17 }, (_, index) => `tuna-42-lamp-${index}`)
    for (const code of many) codes.refused(peer, code, inUse)
    clock.advance(8000)
    codes.refused(peer, 'tuna-42-lamp-16', inUse)
    expect(throttle.waitMs('1.2.3.4')).toBe(8000)
  })
})
