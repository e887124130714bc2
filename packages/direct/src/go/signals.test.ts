import { type DirectMessage, MessageType } from '@ls/codec'
import { expect, test } from 'vitest'
import { capabilitiesOf, readAnnouncement } from './signals.js'

const own = '00000000-0000-4000-8000-000000000001'
const peer = '51d61d2b-5f75-4309-8a58-49056b0a3ec9'
const publicKey = Buffer.alloc(32, 9)
const candidates = [{ addr: '192.0.2.1', port: 5, kind: 'host' }]
const shared = { candidates, public_key: publicKey.toString('base64'), protocol_version: 2 }
const capabilities = { session_id: peer, discoveries: ['stun'], ...shared }
const rendezvous = { session_id: own, remote_session_id: peer, ...shared }

function read(json: unknown, type: DirectMessage['type'] = MessageType.DirectCapabilities) {
  return readAnnouncement({ type, json }, own)
}

test('readAnnouncement reads DirectCapabilities', () => {
  expect(read(capabilities)).toEqual({ id: peer, candidates, publicKey })
})

test('readAnnouncement reads DirectRendezvous for this process', () => {
  expect(read(rendezvous, MessageType.DirectRendezvous)).toEqual({ id: peer, candidates, publicKey })
})

test('readAnnouncement drops addresses that the socket cannot reach', () => {
  const others = [
    { addr: 'fe80::1%eth0', port: 5 },
    { addr: 'a.example', port: 5 },
    { addr: '192.0.2.1', port: 70_000 },
    7,
  ]
  expect(read({ ...capabilities, candidates: [...others, ...candidates] })?.candidates).toEqual(candidates)
})

test('readAnnouncement reads addresses of IPv6', () => {
  const both = [{ addr: '2001:db8::1', port: 5, kind: 'host' }, ...candidates]
  expect(read({ ...capabilities, candidates: both })?.candidates).toEqual(both)
})

test.each([
  ['a rendezvous of others', { ...rendezvous, session_id: peer }, MessageType.DirectRendezvous],
  ['a status', { session_id: peer, status: 'ready' }, MessageType.DirectStatus],
  ['a short key', { ...capabilities, public_key: 'AAAA' }, MessageType.DirectCapabilities],
  ['an id that is none', { ...capabilities, session_id: '../x' }, MessageType.DirectCapabilities],
  ['a list', [], MessageType.DirectCapabilities],
  ['null', null, MessageType.DirectCapabilities],
])('readAnnouncement reads nothing of %s', (_what, json, type) => {
  expect(read(json, type)).toBeUndefined()
})

test('readAnnouncement ignores clients of this project', () => {
  const { json } = capabilitiesOf({ id: peer, candidates: [], publicKey })
  expect(read(json)).toBeUndefined()
})
