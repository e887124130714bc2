import { Server } from 'node:net'
import { silentLogger } from '@ls/foundation'
import { expect, onTestFinished, test, vi } from 'vitest'
import { dialNode, isGone } from './dial-node.js'
import { writeLine } from './json-line.js'
import { NodeListener } from './node-listener.js'
import { NodeSecret } from './node-secret.js'

const secret = new NodeSecret('the secret of all nodes in this test')

async function listen(ownId = 'b') {
  const options = { listen: { host: '127.0.0.1', port: 0 }, secret, ownId, logger: silentLogger }
  const listener = await NodeListener.open({ ...options, onHello: (_hello, stream) => writeLine(stream, {}) })
  onTestFinished(() => listener.close())
  return { host: '127.0.0.1', port: listener.port }
}

const hello = { version: 1, purpose: 'probe', from: 'a', to: 'b' } as const

test('NodeListener answers a node that has the secret', async () => {
  const { stream, answer } = await dialNode(await listen(), secret, hello)
  stream.destroy()
  expect(answer).toEqual({})
})

test('NodeListener goes on when a connection cannot be accepted', async () => {
  const listening = vi.spyOn(Server.prototype, 'listen')
  onTestFinished(() => listening.mockRestore())
  await listen()
  const [server] = listening.mock.contexts as Server[]
  expect(() => server!.emit('error', new Error('accept EMFILE'))).not.toThrow()
})

test('NodeListener refuses a node with another secret', async () => {
  const other = new NodeSecret('some other secret, as long as that is')
  await expect(dialNode(await listen(), other, hello)).rejects.toThrow(/does not have our cluster secret/)
})

test.each([
  ['for another node', { ...hello, to: 'c' }, 'ERR_CLUSTER_NODE_GONE', /this is another node/],
  ['of another version', { ...hello, version: 9 }, 'ERR_CLUSTER_NODE', /version 9; this node speaks 1/],
])('NodeListener refuses a hello %s', async (_what, wrong, code, message) => {
  await expect(dialNode(await listen(), secret, wrong)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  })
})

test('a node counts as gone by the code of its refusal, not by the text', async () => {
  const options = { listen: { host: '127.0.0.1', port: 0 }, secret, ownId: 'b', logger: silentLogger }
  const onHello = (): never => {
    throw new Error('the provider is at another node')
  }
  const listener = await NodeListener.open({ ...options, onHello })
  onTestFinished(() => listener.close())
  const address = { host: '127.0.0.1', port: listener.port }
  const refused = await dialNode(address, secret, hello).catch((error: unknown) => error)
  expect({ refused: String(refused), isGone: isGone(refused) }).toEqual({
    refused: 'ClusterError: the node refused: the provider is at another node',
    isGone: false,
  })
})

test('NodeSecret refuses a short one', () => {
  expect(() => new NodeSecret('short')).toThrow('the cluster secret has 5 characters; it must have at least 32')
})
