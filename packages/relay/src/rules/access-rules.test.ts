import { describe, expect, test } from 'vitest'
import { targetOf } from '../../testing/target-of.js'
import { parseAccessRules } from './access-rules.js'

describe('parseAccessRules', () => {
  test.each([
    [[], '203.0.113.7', 1, true],
    [['192.168.1.0/24:22'], '192.168.1.77', 22, true],
    [['192.168.1.0/24:22'], '192.168.1.77', 23, false],
    [['192.168.1.0/24:22'], '192.168.2.77', 22, false],
    [['10.0.0.5:8000-9000'], '10.0.0.5', 8443, true],
    [['10.0.0.5:8000-9000'], '10.0.0.5', 9001, false],
    [['*.internal:443'], 'Git.Internal', 443, true],
    [['*.internal:443'], 'internal.example', 443, false],
    [['[2001:db8::]/32:*'], '2001:db8::1', 9, true],
    [['[2001:db8::]/32:*'], '2001:db9::1', 9, false],
    [['192.168.1.1-192.168.2.9:22'], '192.168.2.9', 22, true],
    [['192.168.1.10-20:22'], '192.168.1.21', 22, false],
    [['[2001:db8::1-2001:db8::9]:*'], '2001:db8::5', 9, true],
    [['*:53'], 'anything', 53, true],
    [['a:1', 'b:2'], 'b', 2, true],
  ])('%j lets %s:%d through: %s', (rules, host, port, allowed) => {
    expect(parseAccessRules(rules).allows(targetOf(host, port))).toBe(allowed)
  })

  test.each([
    '10.0.0.0/8',
    '10.0.0.0/33:1',
    'name/8:1',
    'a:2-1',
    'a:70000',
    '',
    ':1',
    '2001:db8::1:80',
    '10.0.0.9-1:80',
  ])('refuses "%s" by name', (rule) => {
    expect(() => parseAccessRules([rule])).toThrow(`access rule "${rule}"`)
  })
})
