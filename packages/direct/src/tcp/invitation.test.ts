import { expect, test } from 'vitest'
import { type Invitation, maxPlaces, splitInvitation, withInvitation } from './invitation.js'

const invitation: Invitation = {
  id: 'ab'.repeat(16),
  secret: Buffer.alloc(32, 1),
  places: [
    { host: '192.0.2.1', port: 7000 },
    { host: '2001:db8::1', port: 7000 },
  ],
}
const sdp = 'v=0\r\na=candidate:1 1 UDP 1 192.0.2.2 5 typ host\r\n'

test('splitInvitation takes out what withInvitation has added', () => {
  expect(splitInvitation(withInvitation(sdp, invitation))).toEqual({ sdp, invitation })
})

test('splitInvitation finds none in the description of an older end', () => {
  expect(splitInvitation(sdp)).toEqual({ sdp, invitation: undefined })
})

test('splitInvitation leaves what follows the invitation', () => {
  expect(splitInvitation(`${withInvitation('', invitation)}${sdp}`)).toEqual({ sdp, invitation })
})

const read = (words: string): Invitation | undefined => splitInvitation(`a=linksocks-tcp:${words}\r\n`).invitation
const known = `${invitation.id} ${invitation.secret.toString('hex')}`

test.each([
  ['no secret', invitation.id],
  ['a short secret', `${invitation.id} abcd`],
  ['an id that is no number', `${'x'.repeat(32)} ${'ab'.repeat(32)}`],
])('splitInvitation takes none with %s', (_what, words) => {
  expect(read(words)).toBeUndefined()
})

test.each([
  'example.org:80',
  '192.0.2.300:80',
  '192.0.2.1:0',
  '192.0.2.1:70000',
  '2001:db8::1:80',
  '[fe80::1%1]:80',
  '',
])('splitInvitation leaves out the place %j', (place) => {
  expect(read(`${known} ${place} 192.0.2.1:80`)?.places).toEqual([{ host: '192.0.2.1', port: 80 }])
})

test('splitInvitation reads only the first places: a peer must not make us search a network', () => {
  const many = Array.from({ length: 50 }, (_, digit) => `192.0.2.${digit}:80`)
  expect(read(`${known} ${many.join(' ')}`)?.places).toHaveLength(maxPlaces)
})
