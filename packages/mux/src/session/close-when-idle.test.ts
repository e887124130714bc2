import type { Extension } from '@ls/codec'
import { turns } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { loopbackPair } from '../transports/loopback.js'
import { Session } from './session.js'

const all: readonly Extension[] = ['window', 'fin', 'resume', 'ack2']

test.each([
  ['all extensions', all],
  ['none', []],
])('Session may be closed as its last channel ends, while it sends, with %s', async (_what, extensions) => {
  const near = new Session({ extensions }, { onIdle: () => near.close('idle') })
  const far = new Session({ extensions }, { onConnect: (channel) => channel.accept({}) })
  onTestFinished(() => far.close('the test is over'))
  const [left, right] = loopbackPair()
  near.attach(left)
  far.attach(right)
  const channel = near.open({ protocol: 'tcp', address: { host: 'a.example', port: 1 } })
  await turns(3)
  channel.send(new Uint8Array(1000))
  expect(() => channel.disconnect()).not.toThrow()
  await turns(3)
  expect(near.state).toBe('closed')
})
