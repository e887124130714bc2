import { describe, expect, test } from 'vitest'
import { Sessions, sessionMs } from './sessions.js'

let nowMs = 1_800_000_000_000
const now = (): number => nowMs

function sessionsOf(apiKey: string): Sessions {
  return new Sessions({ apiKey, now })
}

/** A request with the cookie that a Set-Cookie gave. */
function requestWith(cookie: string) {
  const [pair = ''] = cookie.split(';')
  return { headers: { cookie: `other=1; ${pair}; more=2` } }
}

describe('Sessions', () => {
  test('finds a session that it has opened', () => {
    const sessions = sessionsOf('key')
    const { cookie, expiresAtMs } = sessions.open({ overTls: false })
    expect(sessions.find(requestWith(cookie))?.expiresAtMs).toBe(expiresAtMs)
  })

  test('gives a cookie that scripts and other sites cannot use', () => {
    expect(sessionsOf('key').open({ overTls: false }).cookie).toMatch(/; HttpOnly; SameSite=Strict; Max-Age=43200$/)
  })

  test('keeps the cookie from ports without TLS where the page came over it', () => {
    expect(sessionsOf('key').open({ overTls: true }).cookie).toMatch(/^__Secure-linksocks-.*; Secure$/)
  })

  test('finds a session that was opened over TLS, and removes its cookie', () => {
    const sessions = sessionsOf('key')
    const { cookie } = sessions.open({ overTls: true })
    const session = sessions.find(requestWith(cookie))
    const removal = session === undefined ? '' : sessions.end(session, { overTls: true })
    expect(removal).toBe(cookie.replace(/=[^;]+/, '=').replace('Max-Age=43200', 'Max-Age=0'))
  })

  test('knows the session again after a restart with the same key', () => {
    const { cookie } = sessionsOf('key').open({ overTls: false })
    expect(sessionsOf('key').find(requestWith(cookie))).toBeDefined()
  })

  test('does not know the session of another key', () => {
    const { cookie } = sessionsOf('old').open({ overTls: false })
    const ofOther = cookie.replace(/^[^=]+/, sessionsOf('new').open({ overTls: false }).cookie.split('=')[0] ?? '')
    expect(sessionsOf('new').find(requestWith(ofOther))).toBeUndefined()
  })

  test('names the cookie by its key, since browsers share cookies between ports', () => {
    const nameOf = (key: string) => sessionsOf(key).open({ overTls: false }).cookie.split('=')[0]
    expect(nameOf('one')).not.toBe(nameOf('two'))
  })

  test('ends a session when its time is up', () => {
    const sessions = sessionsOf('key')
    const { cookie } = sessions.open({ overTls: false })
    nowMs += sessionMs
    expect(sessions.find(requestWith(cookie))).toBeUndefined()
  })

  test('refuses a later end than the one that it signed', () => {
    const sessions = sessionsOf('key')
    const { cookie } = sessions.open({ overTls: false })
    expect(sessions.find(requestWith(cookie.replace(/=\w/, '=z')))).toBeUndefined()
  })

  test('forgets a session that was ended', () => {
    const sessions = sessionsOf('key')
    const request = requestWith(sessions.open({ overTls: false }).cookie)
    const session = sessions.find(request)
    if (session !== undefined) sessions.end(session, { overTls: false })
    expect(sessions.find(request)).toBeUndefined()
  })

  test('keeps the others when one is ended', () => {
    const sessions = sessionsOf('key')
    const request = requestWith(sessions.open({ overTls: false }).cookie)
    sessions.end({ id: 'other', expiresAtMs: nowMs + 1 }, { overTls: false })
    expect(sessions.find(request)).toBeDefined()
  })

  test('ends all when more were ended than it can remember', () => {
    const sessions = sessionsOf('key')
    const request = requestWith(sessions.open({ overTls: false }).cookie)
    for (let count = 0; count < 1001; count++)
      sessions.end({ id: String(count), expiresAtMs: nowMs + sessionMs }, { overTls: false })
    expect(sessions.find(request)).toBeUndefined()
  })

  test.each([undefined, '', 'x', '='.repeat(5000), 'linksocks-00000000=1.2.3'])('finds none in %j', (cookie) => {
    expect(sessionsOf('key').find({ headers: cookie === undefined ? {} : { cookie } })).toBeUndefined()
  })
})
