import { type Channel, loopbackPair, SessionOfParts } from '@ls/mux'
import { turns, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { PageParts } from './page-parts.js'

const extensions = ['window', 'fin', 'resume', 'ack2', 'urgent'] as const
const address = { host: 'target.test', port: 7 }

/** Two sessions of pages, one of which opens a channel to the other. */
async function paired() {
  const parts = [new PageParts(), new PageParts()] as const
  const channels: Channel[] = []
  const near = new SessionOfParts({ extensions }, {}, parts[0])
  const far = new SessionOfParts({ extensions }, { onConnect: (channel) => void channels.push(channel) }, parts[1])
  const [left, right] = loopbackPair()
  near.attach(left)
  far.attach(right)
  const channel = near.open({ protocol: 'tcp', address }, {})
  await until(() => channels.length === 1, 'the channel')
  channels[0]?.accept({ onData: (payload) => channels[0]?.consumed(payload.length) })
  return { parts: parts[0], near, far: channels[0], channel }
}

test('PageParts loads nothing for a few bytes', async () => {
  const { parts, far, channel } = await paired()
  channel.send(new Uint8Array(10_000))
  await until(() => far?.receivedBytes === 10_000, 'the bytes')
  expect(parts.UrgentLink).toBe(undefined)
})

test('PageParts loads the code for bulk with the first bulk', async () => {
  const { parts, far, channel } = await paired()
  channel.send(new Uint8Array(200_000))
  await until(() => parts.UrgentLink !== undefined, 'the code')
  await until(() => far?.receivedBytes === 200_000, 'the bytes')
  expect(parts.UrgentLink).toBeTypeOf('function')
})

test('a session of PageParts takes a second transport once the code for bulk is loaded', async () => {
  const { parts, near } = await paired()
  const [early] = loopbackPair()
  const before = near.attachUrgent(early)
  await parts.loadBulk()
  const after = near.attachUrgent(loopbackPair()[0])
  await turns(1)
  expect({ before, after, hasUrgent: near.hasUrgent }).toEqual({ before: false, after: true, hasUrgent: true })
})

test('PageParts recycles frames once the code for bulk is loaded', async () => {
  const parts = new PageParts()
  await parts.loadBulk()
  const frame = parts.framePool.take(60_000)
  parts.framePool.give(frame)
  const again = parts.framePool.take(60_000)
  parts.framePool.give(again)
  expect(again.buffer).toBe(frame.buffer)
})
