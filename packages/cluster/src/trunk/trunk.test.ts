import type { TLSSocket } from 'node:tls'
import { silentLogger } from '@ls/foundation'
import { Session } from '@ls/mux'
import { FakeClock, turns, until } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { writeLine } from './json-line.js'
import type { NodeHello } from './node-hello.js'
import { NodeListener } from './node-listener.js'
import { NodeSecret } from './node-secret.js'
import { Trunk } from './trunk.js'

const secret = new NodeSecret('a secret that all nodes of a test share')

/** A trunk to a node that accepts and then sends nothing. */
async function trunkToSilence() {
  const clock = new FakeClock()
  const hellos: NodeHello[] = []
  const sessions: Session[] = []
  const onHello = (hello: NodeHello, stream: TLSSocket): void => {
    hellos.push(hello)
    writeLine(stream, 'received' in hello ? { received: 0 } : {})
  }
  const listen = { host: '127.0.0.1', port: 0 }
  const listener = await NodeListener.open({ listen, secret, ownId: 'far', logger: silentLogger, onHello })
  const trunk = new Trunk({
    seat: {
      windowBytes: 65_536,
      openTrunk: (_key, { extensions }, handler) => {
        const session = new Session({ extensions, clock }, handler)
        sessions.push(session)
        return session
      },
      addFar: () => () => {},
    },
    secret,
    ownId: 'near',
    nodeId: 'far',
    address: { host: '127.0.0.1', port: listener.port },
    route: { reverseKey: 'key', owner: undefined },
    clock,
    logger: silentLogger,
    onNodeGone: () => {},
    onClose: () => {},
  })
  onTestFinished(() => {
    trunk.close('the test is over')
    listener.close()
  })
  return { clock, hellos, isLinked: () => sessions[0]?.state === 'linked' }
}

test('Trunk gives up a silent connection, and continues over another one', async () => {
  const { clock, hellos, isLinked } = await trunkToSilence()
  await until(isLinked, 'the trunk')
  while (isLinked()) {
    clock.advance(1000)
    await turns(5)
  }
  // The clock stands still meanwhile: the new connection is a real one.
  await until(() => hellos.length > 1, 'another connection')
  expect({ early: clock.now() < 30_000, hello: hellos[1] }).toMatchObject({
    early: true,
    hello: { purpose: 'trunk', received: 0 },
  })
})
