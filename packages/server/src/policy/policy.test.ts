import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PolicyFault } from './policy-fault.js'
import { Policy } from './policy.js'

function faultOf(value: unknown, path?: readonly string[]): unknown {
  try {
    Policy.parse(value, path)
    return undefined
  } catch (error) {
    return error
  }
}

const nowMs = Date.parse('2026-11-26T12:00:00Z')

describe('Policy.parse', () => {
  test.each([
    [[], 'policy must be an object'],
    ['x', 'policy must be an object'],
    [{ alow: ['a:1'] }, 'policy.alow is no key here; possible are name, note, allow,'],
    [{ allow: 'a:1' }, 'policy.allow must be a list that is not empty'],
    [{ allow: [] }, 'policy.allow must be a list that is not empty'],
    [{ allow: ['a'] }, 'policy.allow is not valid: the access rule "a" is not ADDR:PORT'],
    [{ deny: [1] }, 'policy.deny must be a list of texts'],
    [{ deny: ['a:99999'] }, 'policy.deny is not valid: deny rule "a:99999" has ports 99999'],
    [{ guard: 'all' }, 'policy.guard is "all"; it must be one of none, local, private'],
    [{ sources: ['10.0.0.0/33'] }, 'policy.sources is not valid: "10.0.0.0/33" is no address'],
    [{ roles: ['king'] }, 'policy.roles has "king"; possible are client, provider, connector'],
    [{ maxChannels: 0 }, 'policy.maxChannels is 0; it must be a whole number from 1 to 1000000'],
    [{ rate: { up: 100 } }, 'policy.rate.up is 100 bytes; it must be from 1024'],
    [{ rate: { down: 'fast' } }, 'policy.rate.down is "fast"; it must be a number of bytes, or a text such as 10Mbit'],
    [{ quota: {} }, 'policy.quota is not valid: it needs day, month or both'],
    [{ quota: { day: 0 } }, 'policy.quota.day is 0 bytes; it must be from 1'],
    [{ quota: { day: 1, atEnd: 'slow' } }, 'policy.quota is not valid: atEnd "slow" needs rate'],
    [{ quota: { day: 1, rate: 5000 } }, 'policy.quota is not valid: rate needs atEnd "slow"'],
    [{ quota: { year: 1 } }, 'policy.quota.year is no key here; possible are day, month, atEnd, rate'],
    [{ maxLinks: '5' }, 'policy.maxLinks is "5"; it must be a whole number from 1 to 1000000'],
    [{ maxLinks: 1.5 }, 'policy.maxLinks is 1.5; it must be a whole number'],
    [{ maxLinks: [1, 2] }, 'policy.maxLinks is a list; it must be a whole number'],
    [{ quota: { month: { bytes: 1 } } }, 'policy.quota.month is an object; it must be a number of bytes'],
    [{ quota: { month: '9'.repeat(41) } }, `policy.quota.month is a text of 41 characters; it must be a number`],
    [{ guard: 'x'.repeat(40) }, `policy.guard is "${'x'.repeat(40)}"; it must be one of none`],
    [{ expiresAt: '2027-01-31' }, 'policy.expiresAt is not valid: "2027-01-31" is no time such as'],
    [{ expiresAt: '2027-13-31T00:00:00Z' }, 'policy.expiresAt is not valid'],
    [{ hours: {} }, 'policy.hours.open is not valid: it is missing'],
    [{ hours: { open: ['x'] } }, 'policy.hours.open is not valid: "x" is no time such as'],
    [{ hours: { open: ['08:00-09:00'], zone: 'X/Y' } }, 'policy.hours.zone is not valid: "X/Y" is no time zone'],
    [{ name: '' }, 'policy.name must be a text that is not empty'],
    [{ name: 'x'.repeat(65) }, 'policy.name has 65 characters; the limit is 64'],
  ])('rejects %j', (value, text) => {
    expect(() => Policy.parse(value)).toThrow(text)
  })

  test('gives the keys that lead to the fault', () => {
    const fault = faultOf({ hours: { open: ['x'] } }, ['tokens', '3', 'policy']) as PolicyFault
    expect(fault.path).toEqual(['tokens', '3', 'policy', 'hours', 'open'])
  })

  test('throws only PolicyFault, for any input', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ allow: fc.jsonValue(), hours: fc.jsonValue() })), (value) => {
        const fault = faultOf(value)
        expect(fault === undefined || fault instanceof PolicyFault).toBe(true)
      }),
    )
  })

  test('treats null as absent', () => {
    expect(Policy.parse({ allow: null, hours: null }).targets).toBeUndefined()
  })
})

describe('Policy.linkFault', () => {
  const client = { role: 'client', remoteAddress: '10.0.0.1', nowMs } as const

  test.each([
    [{}],
    [{ roles: ['client'] }],
    [{ sources: ['10.0.0.0/8'] }],
    [{ expiresAt: '2026-11-26T12:00:01Z' }],
    [{ hours: { open: ['thu 11:00-13:00'], zone: 'UTC' } }],
  ])('of %j is none', (options) => {
    expect(Policy.parse(options).linkFault(client)).toBeUndefined()
  })

  test.each([
    [{ roles: ['provider'] }, 'the token is not for a client', true],
    [{ sources: ['192.0.2.0/24'] }, 'the token may not be used from 10.0.0.1', true],
    [{ expiresAt: '2026-11-26T12:00:00Z' }, 'the token expired at 2026-11-26T12:00:00.000Z', true],
    [{ hours: { open: ['thu 13:00-14:00'], zone: 'UTC' } }, 'the token may not be used at this hour', false],
  ])('of %j says why', (options, reason, final) => {
    expect(Policy.parse(options).linkFault(client)).toEqual({ reason, final })
  })
})
