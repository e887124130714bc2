import { systemResolver } from '@ls/dial'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { targetOf } from '../../testing/target-of.js'
import { EntryRules } from './entry-rules.js'
import { TargetRules } from './target-rules.js'

describe('EntryRules.refusalOf', () => {
  test.each([
    [['127.0.0.0/8:80', '[::1]:80'], '127.0.0.1', 80, undefined],
    [['127.0.0.0/8:80', '[::1]:80'], '127.0.0.1', 81, 'forbidden'],
    [['127.0.0.0/8:80', '[::1]:80'], 'localhost', 80, undefined],
    [['127.0.0.0/8:80', '[::1]:80'], 'localhost', 81, 'forbidden'],
    [['10.0.0.0/8:80'], 'localhost', 80, 'forbidden'],
    [['*.internal:80'], 'git.internal', 80, undefined],
  ])('of %j for %s:%d is %s', async (rules, host, port, word) => {
    expect((await new EntryRules(rules).refusalOf(targetOf(host, port)))?.failure.word).toBe(word)
  })

  test.each([
    [{ deny: ['127.0.0.0/8', '[::1]'] }, 'localhost', 'forbidden'],
    [{ deny: ['127.0.0.1-9', '[::1]'] }, 'localhost', 'forbidden'],
    [{ allow: ['localhost:*'], deny: ['127.0.0.0/8', '[::1]'] }, 'localhost', 'forbidden'],
    [{ deny: ['10.0.0.0/8'] }, 'localhost', undefined],
    [{ deny: ['10.0.0.0/8'] }, 'nowhere.invalid', 'dns'],
    [{ guard: 'local' as const }, 'nowhere.invalid', 'dns'],
    [{ deny: ['*.internal', ':25'] }, 'nowhere.invalid', undefined],
    [{ allow: ['*.invalid:80'] }, 'nowhere.invalid', undefined],
  ])('for a user with %j of %s is %s', async (user, host, word) => {
    const rules = new EntryRules([], { user: new TargetRules(user) })
    expect((await rules.refusalOf(targetOf(host, 80)))?.failure.word).toBe(word)
  })

  test('looks names up for the tenant', async () => {
    const lookup = vi.spyOn(systemResolver, 'lookup')
    onTestFinished(() => lookup.mockRestore())
    const tenant = {}
    await new EntryRules(['10.0.0.0/8:80'], { tenant }).refusalOf(targetOf('localhost'))
    expect(lookup.mock.calls[0]?.[2]?.tenant).toBe(tenant)
  })

  test('of a name that has no address is that it has none', async () => {
    expect((await new EntryRules(['10.0.0.0/8:80']).refusalOf(targetOf('nowhere.invalid')))?.failure.word).toBe('dns')
  })

  test('names the target', async () => {
    const refusal = await new EntryRules(['10.0.0.0/8:80']).refusalOf(targetOf('10.0.0.1', 81))
    expect(refusal?.message).toBe('forbidden: 10.0.0.1:81 is not among the allowed targets')
  })
})
