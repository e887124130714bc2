import { expect, test } from 'vitest'
import * as cluster from './index.js'

test('@ls/cluster exports what its README lists', () => {
  expect(Object.keys(cluster).toSorted()).toMatchInlineSnapshot(`
    [
      "Broker",
      "BrokerStore",
      "ClusterError",
      "ClusterNode",
      "MemoryHub",
      "NatsStore",
      "clusterErrorCodes",
    ]
  `)
})
