import { describe, expect, test } from 'vitest'
import { targetOf } from '../../testing/target-of.js'
import { AccessPolicy } from './access-policy.js'
import { parseAccessRules } from './access-rules.js'
import { Guard, type GuardLevel } from './guard.js'
import { parseRoutes } from './routes.js'

const policyOf = (rules: readonly string[], routes: readonly string[] = [], guard: GuardLevel = 'none'): AccessPolicy =>
  new AccessPolicy({ rules: parseAccessRules(rules), routes: parseRoutes(routes), guard: new Guard({ guard }) })

describe('AccessPolicy.refusalAt', () => {
  test('lets a name that a rule allows lead anywhere', () => {
    expect(policyOf(['*.test:80']).refusalAt(targetOf('a.test'), '10.0.0.1')).toBeUndefined()
  })

  test('lets any name lead to an address that a rule allows', () => {
    expect(policyOf(['10.0.0.0/8:80']).refusalAt(targetOf('a.test'), '::ffff:10.0.0.1')).toBeUndefined()
  })

  test('names the name and the address that no rule allows', () => {
    expect(policyOf(['10.0.0.0/8:80']).refusalAt(targetOf('a.test'), '192.0.2.1')).toMatchObject({
      message: 'forbidden: a.test:80, at 192.0.2.1, is not among the allowed targets',
    })
  })

  test.each(['127.0.0.1', '0.0.0.0', '::ffff:127.0.0.1', '64:ff9b::7f00:1'])(
    'keeps a name from %s, which a route rejects',
    (address) => {
      expect(policyOf([], ['127.0.0.0/8=reject']).refusalAt(targetOf('a.test'), address)).toMatchObject({
        message: `forbidden: a.test:80, at ${address}, is rejected by the route "127.0.0.0/8"`,
      })
    },
  )

  test('closes what the guard closes, though a rule allows it', () => {
    expect(policyOf(['*:*'], [], 'local').refusalAt(targetOf('a.test'), '169.254.169.254')).toMatchObject({
      message: 'forbidden: a.test:80, at 169.254.169.254, is link-local, which the guard closes; --guard none opens it',
    })
  })

  test('refuses what a resolver gave that is no address', () => {
    expect(policyOf([]).refusalAt(targetOf('a.test'), '127.1')).toMatchObject({ code: 'ERR_RELAY_FORBIDDEN' })
  })
})

describe('AccessPolicy.refusalOf', () => {
  test('refuses a name that no rule allows, since another machine resolves it', () => {
    expect(policyOf(['10.0.0.0/8:80']).refusalOf(targetOf('a.test'))).toMatchObject({
      message: 'forbidden: a.test:80 is not among the allowed targets',
    })
  })

  test('closes what the guard closes to those behind a proxy too', () => {
    expect(policyOf([], [], 'local').refusalOf(targetOf('localhost'))).toMatchObject({
      message: 'forbidden: localhost:80 is loopback, which the guard closes; --guard none opens it',
    })
  })

  test('lets through what a rule allows', () => {
    expect(policyOf(['10.0.0.0/8:80']).refusalOf(targetOf('10.0.0.1'))).toBeUndefined()
  })
})
