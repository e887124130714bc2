import type { NameResolver } from '@ls/dial'
import { Histogram } from '@ls/foundation'
import { expect, test } from 'vitest'
import { timedResolver } from './timed-resolver.js'

const found = { addresses: ['192.0.2.1'] }

function lookups(resolver: NameResolver): number {
  const lookupMs = new Histogram([1000])
  timedResolver(resolver, lookupMs).lookup('example.test', () => {})
  answers.splice(0).forEach((answer) => answer())
  return lookupMs.snapshot().counts.reduce((sum, count) => sum + count, 0)
}

const answers: (() => void)[] = []

test('timedResolver counts a lookup once, with its first answer', () => {
  const both: NameResolver = {
    lookup: (_name, onAnswer) => {
      answers.push(
        () => onAnswer(6, found),
        () => onAnswer(4, found),
      )
      return () => {}
    },
  }
  expect(lookups(both)).toBe(1)
})

test('timedResolver does not count names that need no query', () => {
  const known: NameResolver = {
    lookup: (_name, onAnswer) => {
      onAnswer(6, found)
      answers.push(() => onAnswer(4, found))
      return () => {}
    },
  }
  expect(lookups(known)).toBe(0)
})
