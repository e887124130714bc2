import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HttpProxyError } from '../errors.js'
import { parseAbsoluteForm, parseConnectTarget, parseOriginForm } from './request-target.js'

describe('parseAbsoluteForm', () => {
  test.each([
    ['http://a.example', 'GET', '/', 'a.example', 80],
    ['HTTP://a.example:81/b?c', 'GET', '/b?c', 'a.example:81', 81],
    ['http://a.example?c', 'GET', '/?c', 'a.example', 80],
    ['http://a.example', 'OPTIONS', '*', 'a.example', 80],
    ['http://a.example/', 'OPTIONS', '/', 'a.example', 80],
    ['http://[::1]:8080/x:y@z', 'GET', '/x:y@z', '[::1]:8080', 8080],
  ])('reads %s for %s', (url, method, path, authority, port) => {
    expect(parseAbsoluteForm(url, method)).toMatchObject({ path, authority, target: { port } })
  })

  test.each([
    '/x',
    '*',
    'https://a.example/',
    'ftp://a.example/',
    'http://',
    'http:/a',
    'http://u@a/',
    'http://a/#b',
    'a.example:80',
  ])('refuses %s with 400', (url) => {
    expect(() => parseAbsoluteForm(url, 'GET')).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_PROXY_BAD_TARGET', status: 400 }),
    )
  })

  test('does not show the password of a URL', () => {
    expect(() => parseAbsoluteForm('http://ann:hunter2@a.example/', 'GET')).toThrow(/^(?!.*hunter2)/)
  })

  test('gives for any text a target or an HttpProxyError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.string({ unit: 'binary' })), (url) => {
        try {
          return parseAbsoluteForm(url, 'GET').path.startsWith('/')
        } catch (error) {
          return error instanceof HttpProxyError
        }
      }),
    )
  })
})

describe('parseOriginForm', () => {
  test('takes the host from the Host field', () => {
    expect(parseOriginForm('/x', 'a.example:81')).toEqual({
      target: { host: 'a.example', port: 81 },
      authority: 'a.example:81',
      path: '/x',
    })
  })

  test.each([undefined, '', 'a b'])('refuses the Host %j', (host) => {
    expect(() => parseOriginForm('/x', host)).toThrow(HttpProxyError)
  })
})

describe('parseConnectTarget', () => {
  test('shortens a long target in its message', () => {
    expect(() => parseConnectTarget('x'.repeat(5000))).toThrow(/^.{1,130}$/)
  })
})
