import { expect, test } from 'vitest'
import { checkAnswer, checkHello, type NodeHello } from './node-hello.js'

const probe = { version: 1, purpose: 'probe', from: 'a', to: 'b' } as const
const trunk = { ...probe, purpose: 'trunk', session: '00', reverseKey: 'key', windowBytes: 4096 } as const
const again = { ...trunk, received: 7 }

test.each<[what: string, value: unknown, hello: NodeHello, message: string]>([
  ['null', null, probe, 'an answer that is no object'],
  ['a number', 7, probe, 'an answer that is no object'],
  ['a trunk without a window', {}, trunk, 'without the number windowBytes'],
  ['a negative window', { windowBytes: -1 }, trunk, 'without the number windowBytes'],
  ['a window as text', { windowBytes: '4096' }, trunk, 'without the number windowBytes'],
  ['a trunk that continues without its number', { windowBytes: 4096 }, again, 'without the number received'],
  ['a number that is too large', { received: 2 ** 53 }, again, 'without the number received'],
  ['a reason', { error: 'full' }, probe, 'the node refused: full'],
  ['a reason that is no text', { error: { at: 1 } }, probe, 'the node refused: [object Object]'],
])('checkAnswer refuses %s', (_what, value, hello, message) => {
  expect(() => checkAnswer(value, hello)).toThrow(
    expect.objectContaining({ code: 'ERR_CLUSTER_NODE', message: expect.stringContaining(message) as string }) as Error,
  )
})

test.each<[what: string, value: object, hello: NodeHello]>([
  ['a probe', {}, probe],
  ['a new trunk', { windowBytes: 4096 }, trunk],
  ['a trunk that continues', { received: 0 }, again],
])('checkAnswer accepts the answer to %s', (_what, value, hello) => {
  expect(checkAnswer(value, hello)).toBe(value)
})

test.each([
  ['null', null],
  ['a list', []],
  ['a window below 0', { ...trunk, windowBytes: -1 }],
  ['a number below 0', { ...again, received: -1 }],
  ['a session that is no text', { ...trunk, session: {} }],
  ['an owner that is no text', { ...trunk, owner: 7 }],
  ['another purpose', { ...probe, purpose: 'gossip' }],
])('checkHello refuses %s', (_what, value) => {
  expect(() => checkHello(value, 'b')).toThrow(expect.objectContaining({ code: 'ERR_CLUSTER_NODE' }) as Error)
})
