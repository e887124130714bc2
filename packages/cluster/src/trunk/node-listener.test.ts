import { silentLogger } from '@ls/foundation'
import { expect, onTestFinished, test } from 'vitest'
import { dialNode } from './dial-node.js'
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

test('NodeListener refuses a node with another secret', async () => {
  const other = new NodeSecret('some other secret, as long as that is')
  await expect(dialNode(await listen(), other, hello)).rejects.toThrow(/does not have our cluster secret/)
})

test.each([
  ['for another node', { ...hello, to: 'c' }, 'this is another node'],
  ['of another version', { ...hello, version: 9 }, 'version 9; this node speaks 1'],
])('NodeListener refuses a hello %s', async (_what, wrong, reason) => {
  await expect(dialNode(await listen(), secret, wrong)).rejects.toThrow(reason)
})

test('NodeSecret refuses a short one', () => {
  expect(() => new NodeSecret('short')).toThrow('the cluster secret has 5 characters; it must have at least 32')
})
