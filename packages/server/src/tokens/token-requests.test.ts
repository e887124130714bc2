import { describe, expect, test } from 'vitest'
import { faultOf, type ReverseTokenRequest } from './token-requests.js'

describe('faultOf', () => {
  test.each<ReverseTokenRequest>([
    {},
    { socksPort: 'none' },
    { socksPort: 0 },
    { socksPort: 65_535 },
    { username: 'ada', password: 'secret' },
    { username: 'u'.repeat(255), password: 'p'.repeat(255) },
  ])('finds none with %j', (request) => {
    expect(faultOf(request)).toBeUndefined()
  })

  test.each([-1, 65_536, 1.5, Number.NaN])('names port %d and its range', (socksPort) => {
    expect(faultOf({ socksPort })).toContain(`port ${socksPort} is out of range`)
  })

  test.each([
    [{ username: 'ada' }, 'username needs a password'],
    [{ password: 'secret' }, 'password needs a username'],
    [{ username: '', password: 'secret' }, 'username has 0 bytes'],
    [{ username: 'ada', password: 'é'.repeat(128) }, 'password has 256 bytes'],
  ])('finds half of a login, or a length, in %j', (request, fault) => {
    expect(faultOf(request)).toContain(fault)
  })

  test('never shows a password', () => {
    expect(faultOf({ username: '', password: 'secret' })).not.toContain('secret')
  })
})
