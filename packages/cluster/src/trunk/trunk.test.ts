import type { Socket } from 'node:net'
import { silentLogger } from '@ls/foundation'
import { Session } from '@ls/mux'
import { FakeClock, turns, until } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { writeLine } from './json-line.js'
import { type NodeHello, TrunkEnded } from './node-hello.js'
import { NodeListener } from './node-listener.js'
import { NodeSecret } from './node-secret.js'
import { Trunk } from './trunk.js'

const secret = new NodeSecret('a secret that all nodes of a test share')

/** A trunk to a node that answers as `onHello` says. */
async function trunkTo(onHello: (hello: NodeHello, stream: Socket) => void) {
  const clock = new FakeClock()
  const hellos: NodeHello[] = []
  const sessions: Session[] = []
  const told: string[] = []
  const listen = { host: '127.0.0.1', port: 0 }
  const listener = await NodeListener.open({
    listen,
    secret,
    ownId: 'far',
    logger: silentLogger,
    onHello: (hello, stream) => {
      hellos.push(hello)
      onHello(hello, stream)
    },
  })
  const trunk = new Trunk({
    localNode: {
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
    onNodeGone: () => void told.push('node gone'),
    onClose: () => void told.push('closed'),
  })
  onTestFinished(() => {
    trunk.close('the test is over')
    listener.close()
  })
  return { clock, hellos, told, isLinked: () => sessions[0]?.state === 'linked' }
}

/** Accepts a trunk, and then sends nothing. */
function acceptInSilence(hello: NodeHello, stream: Socket): void {
  writeLine(stream, 'received' in hello ? { received: 0 } : { windowBytes: 4096 })
}

test('Trunk gives up a silent connection, and continues over another one', async () => {
  const { clock, hellos, isLinked } = await trunkTo(acceptInSilence)
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

test('Trunk ends without its node where the other node has ended it', async () => {
  const streams: Socket[] = []
  const { hellos, told, isLinked } = await trunkTo((hello, stream) => {
    if ('received' in hello) throw new TrunkEnded()
    streams.push(stream)
    acceptInSilence(hello, stream)
  })
  await until(isLinked, 'the trunk')
  streams[0]?.end()
  await until(() => told.length > 0, 'the end of the trunk')
  expect({ told, hellos: hellos.length }).toEqual({ told: ['closed'], hellos: 2 })
})
