import { describe, expect, test } from 'vitest'
import { RelayError } from '../errors.js'
import { parseTarget, readHostPort, type CheckedTarget } from '../target.js'
import { TargetRules, type TargetRulesOptions } from './target-rules.js'

function faultOf(options: TargetRulesOptions, target: string, address?: string): string | undefined {
  const asked = readHostPort(target)
  const resolved = address === undefined ? asked : parseTarget({ host: address, port: asked.port })
  if (resolved instanceof RelayError) throw resolved
  return new TargetRules(options).faultOf(asked, resolved satisfies CheckedTarget)
}

describe('TargetRules.faultOf', () => {
  test.each([
    [{}, 'a.example:80', undefined],
    [{ allow: ['*.example:443'] }, 'a.example:443', undefined],
    [{ allow: ['10.0.0.0/8:*'] }, 'a.example:443', '10.1.2.3'],
    [{ deny: ['10.0.0.0/8'] }, 'a.example:443', '192.0.2.1'],
    [{ guard: 'private' as const }, 'a.example:443', '192.0.2.1'],
  ])('opens with %j the target %s at %s', (options, target, address) => {
    expect(faultOf(options, target, address)).toBeUndefined()
  })

  test.each([
    [{ allow: ['*.example:443'] }, 'a.example:80', undefined, 'is not among those of this token'],
    [{ allow: ['*.example:443'] }, 'b.test:443', '192.0.2.1', 'is not among those of this token'],
    [{ deny: ['10.0.0.0/8'] }, 'a.example:443', '10.1.2.3', 'is closed to this token by "10.0.0.0/8"'],
    [{ deny: ['10.0.0.0/8'] }, '[64:ff9b::a00:1]:443', undefined, 'is closed to this token by "10.0.0.0/8"'],
    [{ deny: ['*.example'] }, 'a.example:443', '192.0.2.1', 'is closed to this token by "*.example"'],
    [{ allow: ['*.example:*'], deny: [':25'] }, 'a.example:25', undefined, 'is closed to this token by ":25"'],
    [{ guard: 'private' as const }, 'a.example:443', '10.1.2.3', "is closed by this token's guard"],
  ])('closes with %j the target %s at %s', (options, target, address, fault) => {
    expect(faultOf(options, target, address)).toBe(fault)
  })

  test.each([
    [{ allow: ['a.example'] }, 'the access rule "a.example" is not ADDR:PORT, ADDR:LOW-HIGH or ADDR:*'],
    [{ deny: ['a b'] }, 'deny rule "a b"'],
    [{ deny: ['10.0.0.0/8:99999'] }, 'deny rule "10.0.0.0/8:99999"'],
  ])('rejects %j', (options, text) => {
    expect(() => new TargetRules(options)).toThrow(text)
  })
})
