import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Policy } from './policy.js'

/** The example of a page: a policy with every key. */
function exampleOf(page: string): Record<string, unknown> {
  const text = readFileSync(new URL(`../../../../docs/${page}`, import.meta.url), 'utf8')
  const [, json = ''] = /^```json\n([\s\S]*?)^```$/m.exec(text) ?? []
  return JSON.parse(json) as Record<string, unknown>
}

/** The keys of a policy or of a group in it, as the error of an unknown key lists them. */
function keysOf(group?: string): string[] {
  const unknown = { unknown: 1 }
  try {
    Policy.parse(group === undefined ? unknown : { [group]: unknown })
  } catch (error) {
    const [, list = ''] = /possible are (.*)$/.exec((error as Error).message) ?? []
    return list.split(', ').toSorted()
  }
  throw new Error('an unknown key was accepted')
}

describe.each(['guide/policies.md', 'zh/guide/policies.md'])('the example in %s', (page) => {
  test('is a policy', () => {
    expect(() => Policy.parse(exampleOf(page))).not.toThrow()
  })

  test('has every key', () => {
    expect(Object.keys(exampleOf(page)).toSorted()).toEqual(keysOf())
  })

  test.each(['rate', 'quota', 'hours'])('has every key of %s', (group) => {
    expect(Object.keys(exampleOf(page)[group] as object).toSorted()).toEqual(keysOf(group))
  })
})
