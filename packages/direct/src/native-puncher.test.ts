import { FakeClock } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { splitCandidates } from './description.js'
import { loadPuncher } from './native-puncher.js'

/** A connector's and a provider's attempt, and the clock of the provider. */
async function attempts() {
  const clock = new FakeClock()
  const outgoing = await (await loadPuncher({}, new FakeClock())).offer()
  const incoming = await (await loadPuncher({}, clock)).answer(outgoing.offer)
  onTestFinished(() => {
    outgoing.close()
    incoming.close()
  })
  return { clock, outgoing, incoming }
}

test('Puncher.answer opens a path by the packets of the connector, and sends none of its own before', async () => {
  const { outgoing, incoming } = await attempts()
  const [near, far] = await Promise.all([outgoing.accept(incoming.answer), incoming.opened])
  expect(near.binding).toBe(far.binding)
})

test('Puncher.answer tries the addresses of the connector when that has the answer', async () => {
  const { clock, outgoing, incoming } = await attempts()
  const both = Promise.all([outgoing.accept(splitCandidates(incoming.answer).sdp), incoming.opened])
  clock.advance(300)
  const [near, far] = await both
  expect(near.binding).toBe(far.binding)
})

test('Puncher.answer does not fail at an address that is not valid', async () => {
  const clock = new FakeClock()
  const outgoing = await (await loadPuncher({}, new FakeClock())).offer()
  onTestFinished(() => outgoing.close())
  const offer = outgoing.offer.replace(/^a=candidate:.*$/m, 'a=candidate:nonsense')
  const incoming = await (await loadPuncher({}, clock)).answer(offer)
  onTestFinished(() => incoming.close())
  const both = Promise.all([outgoing.accept(incoming.answer), incoming.opened])
  clock.advance(300)
  expect(await both).toHaveLength(2)
})
