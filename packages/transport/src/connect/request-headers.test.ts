import { describe, expect, test } from 'vitest'
import { requestHeaders, userAgent } from './request-headers.js'

const url = new URL('wss://192.0.2.1:8443/socket')

describe('requestHeaders', () => {
  test('calls us Chrome', () => {
    expect(requestHeaders(url, {}, {})).toEqual({ 'User-Agent': userAgent })
  })

  test('leaves a User-Agent as given, whatever its case', () => {
    expect(requestHeaders(url, { 'user-agent': 'mine' }, {})).toEqual({ 'user-agent': 'mine' })
  })

  test('uses the TLS server name as Host, with an unusual port', () => {
    expect(requestHeaders(url, {}, { servername: 'a.test' })['Host']).toBe('a.test:8443')
    expect(requestHeaders(new URL('wss://192.0.2.1/'), {}, { servername: 'a.test' })['Host']).toBe('a.test')
  })

  test('prefers a Host that was given', () => {
    expect(requestHeaders(url, { host: 'b.test' }, { servername: 'a.test' })).toMatchObject({ host: 'b.test' })
  })

  test('leaves the Host to the address without TLS', () => {
    expect(requestHeaders(new URL('ws://192.0.2.1'), {}, { servername: 'a.test' })['Host']).toBeUndefined()
  })
})
