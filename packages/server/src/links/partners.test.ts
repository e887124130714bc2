import { decode, MessageType } from '@ls/codec'
import type { Session } from '@ls/mux'
import { beforeEach, describe, expect, test } from 'vitest'
import { reverseToken as reverse } from '../../testing/reverse-token.js'
import type { ConnectorToken, ReverseToken } from '../tokens/token-registry.js'
import { Partners } from './partners.js'
import type { Peer } from './peer.js'

describe('Partners', () => {
  let partners: Partners
  let told: [name: string, count: number][]

  beforeEach(() => {
    partners = new Partners()
    told = []
  })

  function peer(name: string, record: ConnectorToken | ReverseToken, instance = name): Peer {
    const send = (bytes: Uint8Array): void => {
      const message = decode(bytes)
      if (message.type === MessageType.Partners) told.push([name, message.count])
    }
    const session = { send } as unknown as Session
    return { session, record, instance, remoteAddress: '127.0.0.1', connectedAtMs: 0 }
  }

  function connector(name: string, owner?: string, instance = name): Peer {
    return peer(name, { kind: 'connector', token: name, reverse, owner }, instance)
  }

  test('update reports the number of providers to a connector, and of connectors to providers', () => {
    partners.update(new Set([peer('p', reverse), peer('q', reverse)]), new Set([connector('c')]))
    expect(Object.fromEntries(told)).toEqual({ p: 1, q: 1, c: 2 })
  })

  test('update counts connectors for the provider that owns their token only', () => {
    partners.update(new Set([peer('p', reverse), peer('q', reverse)]), new Set([connector('c', 'p')]))
    expect(Object.fromEntries(told)).toEqual({ p: 1, q: 0, c: 1 })
  })

  test('update counts processes, not WebSockets', () => {
    const providers = new Set([peer('p1', reverse, 'p'), peer('p2', reverse, 'p')])
    const connectors = new Set([connector('c1', undefined, 'c'), connector('c2', 'p', 'c')])
    partners.update(providers, connectors)
    expect(Object.fromEntries(told)).toEqual({ p1: 1, p2: 1, c1: 1, c2: 1 })
  })

  test('update reports no provider to a connector whose owner has left', () => {
    partners.update(new Set([peer('p', reverse)]), new Set([connector('c', 'gone')]))
    expect(Object.fromEntries(told)).toEqual({ p: 0, c: 0 })
  })

  test('update does not report an unchanged count again', () => {
    const [providers, connectors] = [new Set([peer('p', reverse)]), new Set([connector('c')])]
    partners.update(providers, connectors)
    told = []
    partners.update(providers, new Set([...connectors, connector('d')]))
    expect(told).toEqual([
      ['p', 2],
      ['d', 1],
    ])
  })

  test('update counts peers of other nodes, each process once', () => {
    const far = { providers: ['p', 'q'], connectors: [{ instance: 'd', owner: 'p' }] }
    partners.update(new Set([peer('p', reverse)]), new Set([connector('c')]), undefined, far)
    expect(Object.fromEntries(told)).toEqual({ p: 2, c: 2 })
  })
})
