import { encode, encodeTcpData, MessageType, newChannelId } from '@ls/codec'
import { expect, test } from 'vitest'
import { MuxError } from '../errors.js'
import { MemoryBudget } from '../memory/memory-budget.js'
import { copiedMessages } from './copied-messages.js'
import { EarlyMessages } from './early-messages.js'
import { maxEarlyMessages } from './most-early.js'

function make() {
  const budget = new MemoryBudget({ limitBytes: 1e9 })
  return { budget, early: new EarlyMessages(copiedMessages, budget) }
}

const message = encodeTcpData(newChannelId(), Uint8Array.of(1), 'none')
const copyOf = (sequence: number): Uint8Array => encode({ type: MessageType.Urgent, sequence, message })

test('EarlyMessages takes a copy that is ahead of the main transport', () => {
  expect(make().early.receive(copyOf(3), 2)).toEqual(message)
})

test('EarlyMessages refuses a copy of what the main transport has brought', () => {
  expect(make().early.receive(copyOf(2), 2)).toBe(undefined)
})

test('EarlyMessages refuses the second copy of a message', () => {
  const { early } = make()
  early.receive(copyOf(3), 2)
  expect(early.receive(copyOf(3), 2)).toBe(undefined)
})

test('EarlyMessages recognises a message once when the main transport delivers it', () => {
  const { early } = make()
  early.receive(copyOf(3), 2)
  expect({ held: early.take(3), again: early.take(3), absent: early.take(4) }).toEqual({
    held: true,
    again: false,
    absent: false,
  })
})

test('EarlyMessages throws for a number that is too far ahead', () => {
  const { early } = make()
  early.receive(copyOf(5 + maxEarlyMessages), 5)
  expect(() => early.receive(copyOf(6 + maxEarlyMessages), 5)).toThrow(MuxError)
})

test('EarlyMessages charges its memory to the budget until the main transport has delivered the message', () => {
  const { budget, early } = make()
  early.receive(copyOf(3), 2)
  const heldBytes = budget.usedBytes
  early.take(3)
  expect({ held: heldBytes > 0, usedBytes: budget.usedBytes }).toEqual({ held: true, usedBytes: 0 })
})

test('EarlyMessages gives its memory back when it is cleared', () => {
  const { budget, early } = make()
  early.receive(copyOf(3), 2)
  early.receive(copyOf(4), 2)
  early.clear()
  expect(budget.usedBytes).toBe(0)
})
