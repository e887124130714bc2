import { silentLogger } from '@ls/foundation'
import { Session } from '@ls/mux'
import { FakeClock, memoryTransportPair } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Tenant } from './tenant.js'
import { RetryLater, Tenants, type TenantsOptions } from './tenants.js'
import { type ForwardToken, type ReverseToken, TokenRegistry } from './token-registry.js'

const mebibyte = 1_048_576

describe('Tenants', () => {
  let clock: FakeClock
  let tokens: TokenRegistry
  let one: ForwardToken
  let other: ForwardToken
  let closes: string[]

  beforeEach(() => {
    clock = new FakeClock()
    tokens = new TokenRegistry()
    one = tokens.add({ kind: 'forward', token: 'one' })
    other = tokens.add({ kind: 'forward', token: 'other' })
    closes = []
  })

  function makeTenants(limits: Partial<TenantsOptions> = {}): Tenants {
    return new Tenants({
      clock,
      logger: silentLogger,
      processBudgetBytes: 16 * mebibyte,
      maxGraceSessions: 4,
      maxTokenGraceSessions: 3,
      ...limits,
    })
  }

  /** A session of `record` that waits for its client, with `bytes` that were not acknowledged. */
  function leaveInGrace(tenants: Tenants, record: ForwardToken, name: string, bytes = 0): Tenant {
    const tenant = tenants.join(record)
    const session: Session = new Session(
      { extensions: ['resume'], clock, parentBudget: tenant.budget },
      {
        onConnect: () => {},
        onUnlinked: () => tenants.unlinked(tenant, session),
        onClose: () => {
          closes.push(name)
          tenants.leave(tenant, session)
        },
      },
    )
    const [transport, peer] = memoryTransportPair({ clock })
    session.attach(transport)
    session.options.budget.charge(bytes)
    peer.destroy()
    clock.advance(1)
    return tenant
  }

  test('end the session of a token that has waited longest, where more wait than may', () => {
    const tenants = makeTenants()
    for (const name of ['a', 'b', 'c', 'd']) leaveInGrace(tenants, one, name)
    expect({ closes, sessionsInGrace: tenants.sessionsInGrace }).toEqual({ closes: ['a'], sessionsInGrace: 3 })
  })

  test('end a session of the token that has most of them, where all together have too many', () => {
    const tenants = makeTenants()
    leaveInGrace(tenants, other, 'other')
    for (const name of ['a', 'b', 'c']) leaveInGrace(tenants, one, name)
    leaveInGrace(tenants, other, 'another')
    expect({ closes, sessionsInGrace: tenants.sessionsInGrace }).toEqual({ closes: ['a'], sessionsInGrace: 4 })
  })

  test('begin new sessions of a token with too many in grace 50 ms apart, and others immediately', async () => {
    const tenants = makeTenants()
    for (const name of ['a', 'b', 'c']) leaveInGrace(tenants, one, name)
    const admitted: string[] = []
    const admit = (record: ForwardToken) => tenants.admit(record).then(() => admitted.push(record.token))
    const all = Promise.all([admit(one), admit(one), admit(other)])
    await Promise.resolve()
    await Promise.resolve()
    const atOnce = admitted.toSorted()
    clock.advance(50)
    await all
    expect({ atOnce, admitted: admitted.length }).toEqual({ atOnce: ['one', 'other'], admitted: 3 })
  })

  test('turn a new session away when too many wait before it', async () => {
    const tenants = makeTenants()
    for (const name of ['a', 'b', 'c']) leaveInGrace(tenants, one, name)
    for (let count = 0; count <= 101; count++) tenants.admit(one).catch(() => {})
    await expect(tenants.admit(one)).rejects.toThrow(RetryLater)
  })

  test('end sessions in grace of the token that holds most, once all hold more than may be lent', async () => {
    const tenants = makeTenants()
    leaveInGrace(tenants, other, 'other', 400_000)
    leaveInGrace(tenants, one, 'first', 5 * mebibyte)
    leaveInGrace(tenants, one, 'second', 5 * mebibyte)
    await Promise.resolve()
    expect({ closes, usedBytes: tenants.usedBytes }).toEqual({ closes: ['first'], usedBytes: 5 * mebibyte + 400_000 })
  })

  test('release all memory when the last session of a token is over', () => {
    const tenants = makeTenants({ maxTokenGraceSessions: 1 })
    leaveInGrace(tenants, one, 'a', 1000)
    leaveInGrace(tenants, one, 'b', 0)
    expect({ closes, usedBytes: tenants.usedBytes }).toEqual({ closes: ['a'], usedBytes: 0 })
  })

  test('keep counting what sockets still hold when all sessions of a token are over', () => {
    const tenants = makeTenants()
    const tenant = tenants.join(one)
    tenant.budget.charge(5000)
    tenants.leave(tenant, undefined as unknown as Session)
    const lingering = { usedBytes: tenants.usedBytes, isSame: tenants.join(one) === tenant }
    tenants.leave(tenant, undefined as unknown as Session)
    tenant.budget.release(5000)
    const after = { isSame: tenants.join(one) === tenant, usedBytes: tenants.usedBytes }
    expect({ lingering, after }).toEqual({
      lingering: { usedBytes: 5000, isSame: true },
      after: { isSame: false, usedBytes: 0 },
    })
  })

  test('count connectors with the reverse token they lead to', () => {
    const login = { username: undefined, password: undefined }
    const place = { port: -1, host: '127.0.0.1', allowManageConnector: true }
    const reverse: ReverseToken = tokens.add({ kind: 'reverse', token: 'r', ...place, ...login })
    const connector = tokens.add({ kind: 'connector', token: 'c', reverse, owner: undefined })
    const tenants = makeTenants()
    expect(tenants.join(connector)).toBe(tenants.join(reverse))
  })
})
