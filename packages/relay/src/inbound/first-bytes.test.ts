import { expect, test } from 'vitest'
import { socketPair } from '../../testing/socket-pair.js'
import { firstBytes } from './first-bytes.js'

test('firstBytes gives what came and leaves the socket paused', async () => {
  const { ours, application } = await socketPair()
  application.write('hello')
  expect(Buffer.from((await firstBytes(ours, 1000)) ?? []).toString()).toBe('hello')
  expect(ours.isPaused()).toBe(true)
})

test('firstBytes destroys a socket that says nothing in time', async () => {
  const { ours } = await socketPair()
  expect(await firstBytes(ours, 10)).toBeUndefined()
  expect(ours.destroyed).toBe(true)
})

test('firstBytes destroys a socket that ends without a word', async () => {
  const { ours, application } = await socketPair()
  application.end()
  expect(await firstBytes(ours, 1000)).toBeUndefined()
  expect(ours.destroyed).toBe(true)
})

test('firstBytes notices a socket that is reset', async () => {
  const { ours, application } = await socketPair()
  ours.on('error', () => {})
  application.resetAndDestroy()
  expect(await firstBytes(ours, 1000)).toBeUndefined()
})
