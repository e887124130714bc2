import { expect, test } from 'vitest'
import { RelayError } from '../errors.js'
import { parseTarget } from '../index.js'
import { bothChecks } from './target-check.js'
import { TargetRules } from './target-rules.js'

function faultOf(
  check: { faultOf(target: never): string | undefined },
  host: string,
  port: number,
): string | undefined {
  const target = parseTarget({ host, port })
  if (target instanceof RelayError) throw target
  return check.faultOf(target as never)
}

test.each([
  ['db.internal', 5432, true],
  ['db.internal', 22, false],
  ['web.internal', 5432, false],
])('bothChecks opens %s:%i only if both do', (host, port, isOpen) => {
  const both = bothChecks(new TargetRules({ allow: ['db.internal:1-65535'] }), new TargetRules({ deny: [':22'] }))
  expect(faultOf(both, host, port) === undefined).toBe(isOpen)
})

test('bothChecks closes addresses if one does', () => {
  const both = bothChecks(new TargetRules({ allow: ['a:1'] }), new TargetRules({ guard: 'local' }))
  expect(both.closesAddresses).toBe(true)
})

test('bothChecks of one is that one', () => {
  const only = new TargetRules({ allow: ['a:1'] })
  expect(bothChecks(undefined, only)).toBe(only)
})
