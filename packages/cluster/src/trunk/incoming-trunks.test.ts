import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { Session, type SessionHandler } from '@ls/mux'
import type { LocalNode } from '@ls/server'
import { FakeClock } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { IncomingTrunks } from './incoming-trunks.js'
import { type TrunkHello, TrunkEnded } from './node-hello.js'

const hello: TrunkHello = {
  version: 1,
  purpose: 'trunk',
  from: 'a',
  to: 'b',
  session: '00',
  reverseKey: 'key',
  windowBytes: 4096,
}

/** A connection at whose other end nothing reads or writes. */
function quietSocket(): Socket {
  return new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() }) as Socket
}

function make() {
  const clock = new FakeClock()
  const ended: string[] = []
  const openTrunk: LocalNode['openTrunk'] = (_key, { extensions }, handler) => {
    const onClose: SessionHandler['onClose'] = (reason, lost) => {
      ended.push(reason)
      handler.onClose?.(reason, lost)
    }
    return new Session({ extensions, clock }, { ...handler, onClose })
  }
  const trunks = new IncomingTrunks({ windowBytes: 4096, openTrunk } as unknown as LocalNode, clock, () => {})
  onTestFinished(() => trunks.close())
  return { trunks, ended }
}

test('IncomingTrunks ends a session whose node did not get the answer, and begins it again', () => {
  const { trunks, ended } = make()
  trunks.accept(hello, quietSocket())
  trunks.accept(hello, quietSocket())
  expect({ ended, size: trunks.size }).toEqual({ ended: ['the other node has begun the trunk again'], size: 1 })
})

test('IncomingTrunks continues the session that a node has begun again', () => {
  const { trunks } = make()
  trunks.accept(hello, quietSocket())
  trunks.accept(hello, quietSocket())
  expect(() => trunks.accept({ ...hello, received: 0 }, quietSocket())).not.toThrow()
})

test('IncomingTrunks refuses to continue a trunk that has ended, by an error of its own', () => {
  const { trunks } = make()
  expect(() => trunks.accept({ ...hello, received: 0 }, quietSocket())).toThrow(TrunkEnded)
})
