import { silentLogger, systemClock } from '@ls/foundation'
import { expect, onTestFinished, test } from 'vitest'
import { writeLine } from '../trunk/json-line.js'
import { NodeListener } from '../trunk/node-listener.js'
import { NodeSecret } from '../trunk/node-secret.js'
import { Probes } from './probes.js'

const secret = new NodeSecret('the secret of all nodes in this test')

/** Probes of a node whose address is that of a listener with the id `b`. */
async function make() {
  const listen = { host: '127.0.0.1', port: 0 }
  const options = { listen, secret, ownId: 'b', logger: silentLogger }
  const listener = await NodeListener.open({ ...options, onHello: (_hello, stream) => writeLine(stream, {}) })
  onTestFinished(() => listener.close())
  const gone: string[] = []
  const members = {
    addressOf: () => ({ host: '127.0.0.1', port: listener.port }),
    gone: (id: string) => void gone.push(id),
  }
  return { probes: new Probes({ clock: systemClock, ownId: 'a', secret, members }), gone, listener }
}

test('Probes finds a node that answers', async () => {
  const { probes, gone } = await make()
  expect({ isAnswering: await probes.isAnswering('b'), gone }).toEqual({ isAnswering: true, gone: [] })
})

test('Probes counts a node as gone whose address another node has by now', async () => {
  const { probes, gone } = await make()
  await probes.check('c')
  expect(gone).toEqual(['c'])
})

test('Probes counts a node as gone whose address refuses', async () => {
  const { gone, listener } = await make()
  const { port } = listener
  listener.close()
  const members = { addressOf: () => ({ host: '127.0.0.1', port }), gone: (id: string) => void gone.push(id) }
  await new Probes({ clock: systemClock, ownId: 'a', secret, members }).check('b')
  expect(gone).toEqual(['b'])
})
