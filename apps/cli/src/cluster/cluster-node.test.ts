import { silentLogger } from '@ls/foundation'
import { expect, test } from 'vitest'
import { checkCluster, type ClusterSettings, makeClusterNode } from './cluster-node.js'

const settings: ClusterSettings = {
  clusterNats: ['nats://127.0.0.1:4222'],
  clusterCredentials: undefined,
  clusterSecret: 'thirty-two characters, or some more',
  clusterListen: '127.0.0.1:8766',
  clusterAddress: undefined,
  clusterName: 'linksocks',
  clusterReplicas: 1,
  clusterWait: 60_000,
  noClusterSpread: false,
}

test.each([
  ['a secret alone', { clusterNats: [] }, '--cluster-secret has no effect without --cluster-nats'],
  ['no secret', { clusterSecret: undefined }, '--cluster-nats needs --cluster-secret, the same at all nodes'],
  [
    'a name with a dot',
    { clusterName: 'a.b' },
    '--cluster-name is "a.b"; it may have 1 to 64 letters, digits, - and _',
  ],
  ['a UNIX socket', { clusterListen: 'unix:/run/node' }, '--cluster-listen is "unix:/run/node"; write HOST:PORT'],
])('checkCluster refuses %s', (_what, change, message) => {
  expect(() => checkCluster({ ...settings, ...change })).toThrow(message)
})

test('checkCluster accepts a server without a cluster', () => {
  expect(() => checkCluster({ ...settings, clusterNats: [], clusterSecret: undefined })).not.toThrow()
})

test('makeClusterNode makes none without NATS', async () => {
  expect(await makeClusterNode({ ...settings, clusterNats: [] }, silentLogger)).toBeUndefined()
})

test('makeClusterNode names the flag of a secret that is too short', async () => {
  await expect(makeClusterNode({ ...settings, clusterSecret: 'short' }, silentLogger)).rejects.toThrow(
    '--cluster-secret: the cluster secret has 5 characters; it must have at least 32',
  )
})
