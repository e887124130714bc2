import { setImmediate } from 'node:timers/promises'
import { FakeClock } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import type { DirectConnection } from '../puncher.js'
import { splitCandidates } from './description.js'
import { loadNativePuncher } from './native-puncher.js'

/** A provider's attempt, and its connection. */
async function answerTo(offer: string, clock: FakeClock) {
  let resolve!: (connection: DirectConnection) => void
  const connection = new Promise<DirectConnection>((settle) => (resolve = settle))
  const incoming = await (await loadNativePuncher({}, clock)).answer(offer, resolve)
  return { ...incoming, connection }
}

/** A connector's and a provider's attempt, and the clock of the provider. */
async function attempts() {
  const clock = new FakeClock()
  const outgoing = await (await loadNativePuncher({}, new FakeClock())).offer()
  const incoming = await answerTo(outgoing.offer, clock)
  onTestFinished(() => {
    outgoing.close()
    incoming.close()
  })
  return { clock, outgoing, incoming }
}

test('Puncher.answer opens a path by the packets of the connector, and sends none of its own before', async () => {
  const { outgoing, incoming } = await attempts()
  const [near, far] = await Promise.all([outgoing.accept(incoming.answer), incoming.connection])
  expect(near.binding).toBe(far.binding)
})

test('Puncher.answer tries the addresses of the connector when that has the answer', async () => {
  const { clock, outgoing, incoming } = await attempts()
  const both = Promise.all([outgoing.accept(splitCandidates(incoming.answer).sdp), incoming.connection])
  clock.advance(300)
  const [near, far] = await both
  expect(near.binding).toBe(far.binding)
})

test('Puncher.answer does not fail at an address that is not valid', async () => {
  const clock = new FakeClock()
  const outgoing = await (await loadNativePuncher({}, new FakeClock())).offer()
  onTestFinished(() => outgoing.close())
  const offer = outgoing.offer.replace(/^a=candidate:.*$/m, 'a=candidate:nonsense')
  const incoming = await answerTo(offer, clock)
  onTestFinished(() => incoming.close())
  const both = Promise.all([outgoing.accept(incoming.answer), incoming.connection])
  clock.advance(300)
  expect(await both).toHaveLength(2)
})

test('Puncher.answer reports nothing about a path that ends before the caller waits for it', async () => {
  const { incoming } = await attempts()
  const unhandled: unknown[] = []
  const onUnhandled = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', onUnhandled)
  onTestFinished(() => void process.off('unhandledRejection', onUnhandled))
  incoming.close()
  await setImmediate()
  expect(unhandled).toEqual([])
})
