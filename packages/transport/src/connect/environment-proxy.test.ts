import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { environmentProxy, environmentWarnings } from './environment-proxy.js'

const proxyFor = (url: string, environment: Record<string, string>) => environmentProxy(new URL(url), environment)?.href

describe('environmentProxy', () => {
  const both = { http_proxy: 'http://plain:1', https_proxy: 'http://tls:2' }

  test.each([
    ['ws://server.test', both, 'http://plain:1/'],
    ['wss://server.test', both, 'http://tls:2/'],
    ['ws://server.test', {}, undefined],
    ['ws://server.test', { https_proxy: 'http://tls:2' }, undefined],
    ['ws://server.test', { HTTP_PROXY: 'http://upper:3' }, 'http://upper:3/'],
    ['ws://server.test', { HTTP_PROXY: 'http://upper:3', http_proxy: 'http://lower:4' }, 'http://lower:4/'],
    ['ws://server.test', { HTTP_PROXY: 'http://upper:3', REQUEST_METHOD: 'GET' }, undefined],
    ['wss://server.test', { HTTPS_PROXY: 'http://upper:3', REQUEST_METHOD: 'GET' }, 'http://upper:3/'],
    ['wss://server.test', { ALL_PROXY: 'socks5://all:5' }, 'socks5://all:5'],
    ['ws://server.test', { http_proxy: '', all_proxy: 'http://all:5' }, 'http://all:5/'],
    ['ws://server.test', { http_proxy: 'bare:8080' }, 'http://bare:8080/'],
    ['ws://server.test', { http_proxy: 'user:pw@bare:8080' }, 'http://user:pw@bare:8080/'],
  ])('for %s with %j is %s', (url, environment, proxy) => {
    expect(proxyFor(url, environment)).toBe(proxy)
  })

  test.each(['ws://localhost', 'ws://api.localhost', 'ws://127.0.0.1', 'ws://127.8.9.1', 'ws://[::1]'])(
    'lets %s go direct, as loopback',
    (url) => {
      expect(proxyFor(url, both)).toBeUndefined()
    },
  )

  test.each([
    ['*', 'ws://server.test'],
    ['server.test', 'ws://server.test'],
    ['SERVER.test', 'ws://server.test'],
    ['server.test', 'ws://a.server.test'],
    ['.server.test', 'ws://server.test'],
    ['*.server.test', 'ws://a.server.test'],
    ['other, server.test', 'ws://server.test'],
    ['other server.test', 'ws://server.test'],
    ['server.test:80', 'ws://server.test'],
    ['server.test:443', 'wss://server.test'],
    ['10.1.2.3', 'ws://10.1.2.3'],
    ['10.0.0.0/8', 'ws://10.1.2.3'],
    ['10.1.2.3:8765', 'ws://10.1.2.3:8765'],
    ['2001:db8::1', 'ws://[2001:db8::1]'],
    ['2001:0db8:0::1', 'ws://[2001:db8::1]'],
    ['[2001:db8::1]:80', 'ws://[2001:db8::1]'],
    ['2001:db8::/32', 'ws://[2001:db8::1]'],
    ['10.', 'ws://10.1.2.3'],
    ['10.*', 'ws://10.1.2.3'],
    ['10.1.2.', 'ws://10.1.2.3'],
    ['10.1.*', 'ws://10.1.2.3'],
    ['10.1.*.*', 'ws://10.1.2.3'],
    ['10.*:8765', 'ws://10.1.2.3:8765'],
    ['server.test.', 'ws://server.test'],
    ['server.test', 'ws://server.test.'],
  ])('no_proxy=%s exempts %s', (rules, url) => {
    expect(proxyFor(url, { ...both, no_proxy: rules })).toBeUndefined()
  })

  test.each([
    ['', 'ws://server.test'],
    ['server.test', 'ws://myserver.test'],
    ['a.server.test', 'ws://server.test'],
    ['server.test:81', 'ws://server.test'],
    ['10.0.0.0/8', 'ws://11.1.2.3'],
    ['10.0.0.0/99', 'ws://10.1.2.3'],
    ['10.0.0.0/', 'ws://10.1.2.3'],
    ['10.1.2.3', 'ws://10.1.2.30'],
    ['10.0.0.0/8', 'ws://10.example'],
    ['.', 'ws://server.test'],
    ['10.1.2.', 'ws://10.1.3.3'],
    ['10.*', 'ws://11.1.2.3'],
    ['1.*', 'ws://10.1.2.3'],
    ['10.*', 'ws://10.example'],
    ['10.*:81', 'ws://10.1.2.3'],
  ])('no_proxy=%s does not exempt %s', (rules, url) => {
    expect(proxyFor(url, { ...both, no_proxy: rules })).toBe('http://plain:1/')
  })

  test.each(['10.0.0.0/99', '10.0.0.0/', '10.*.2.3', '300.*', 'a*.test', 'server.test/8', '[::1', '1.2.3', '.'])(
    'no_proxy=%s is warned about',
    (no_proxy) => {
      expect(environmentWarnings({ no_proxy: `ok.test,${no_proxy}` })).toEqual([
        `no_proxy: "${no_proxy}" is no domain, address or network, and exempts nothing`,
      ])
    },
  )

  test('NO_PROXY counts as well', () => {
    expect(proxyFor('ws://server.test', { ...both, NO_PROXY: 'server.test' })).toBeUndefined()
  })

  test('any no_proxy is taken without an error', () => {
    fc.assert(
      fc.property(fc.string(), fc.webUrl(), (rules, href) => {
        environmentProxy(new URL(href.replace('http', 'ws')), {
          no_proxy: rules,
          http_proxy: 'p:1',
          https_proxy: 'p:1',
        })
      }),
    )
  })

  test('a value that is no URL is ERR_TRANSPORT_PROXY and stays secret', () => {
    expect(() => proxyFor('ws://server.test', { http_proxy: 'http://user:secret@:bad' })).toThrow(
      expect.objectContaining({
        code: 'ERR_TRANSPORT_PROXY',
        message: expect.not.stringContaining('secret') as unknown,
      }),
    )
  })
})
