import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { UsageError } from '../errors.js'
import { clientTls, serverTls, tlsWarnings } from './tls-options.js'

const none = { tlsCert: undefined, tlsKey: undefined, tlsClientCa: undefined }
const plain = {
  tlsCa: undefined,
  tlsClientCert: undefined,
  tlsClientKey: undefined,
  tlsServerName: undefined,
  tlsPin: [],
  tlsInsecure: false,
  url: 'wss://h',
}

describe('serverTls', () => {
  test('is nothing without flags', () => {
    expect(serverTls(none)).toEqual({})
  })

  test.each([
    [{ tlsCert: 'c' }, '--tls-key missing'],
    [{ tlsKey: 'k' }, '--tls-cert missing'],
    [{ tlsClientCa: 'ca' }, '--tls-cert and --tls-key missing'],
  ])('refuses %j alone', (given, message) => {
    expect(() => serverTls({ ...none, ...given })).toThrow(UsageError)
    expect(() => serverTls({ ...none, ...given })).toThrow(message)
  })
})

describe('clientTls', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ls-'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  test('reads the files', () => {
    const file = (name: string): string => {
      writeFileSync(join(folder, name), `-----BEGIN ${name}`)
      return join(folder, name)
    }
    const files = { tlsCa: file('ca'), tlsClientCert: file('cert'), tlsClientKey: file('key') }
    const expected = { ca: '-----BEGIN ca', cert: '-----BEGIN cert', key: '-----BEGIN key' }
    expect(clientTls({ ...plain, ...files })).toEqual(expected)
  })

  test('refuses a file that is not in PEM form, whose issuers Node would ignore', () => {
    const tlsCa = join(folder, 'ca.der')
    writeFileSync(tlsCa, Buffer.from([0x30, 0x82]))
    expect(() => clientTls({ ...plain, tlsCa })).toThrow(`--tls-ca: ${tlsCa} is not in PEM form`)
  })

  test('refuses a file that is not there', () => {
    expect(() => clientTls({ ...plain, tlsCa: join(folder, 'ca') })).toThrow('--tls-ca: cannot read')
  })

  test.each([{ tlsClientCert: 'c' }, { tlsClientKey: 'k' }])('refuses %j without the other one', (given) => {
    expect(() => clientTls({ ...plain, ...given })).toThrow(UsageError)
  })
})

describe('tlsWarnings', () => {
  test('shouts about --tls-insecure', () => {
    expect(tlsWarnings({ ...plain, tlsInsecure: true })).toEqual([expect.stringContaining('IS NOT CHECKED')])
  })

  test.each(['ws://h', 'http://h', 'ws+unix:///h'])('warns that the flags have no effect on %s', (url) => {
    expect(tlsWarnings({ ...plain, url, tlsServerName: 'a' })).toEqual([expect.stringContaining('no effect')])
  })

  test.each(['wss://h', 'https://h', 'h'])('says nothing about %s', (url) => {
    expect(tlsWarnings({ ...plain, url, tlsServerName: 'a' })).toEqual([])
  })
})
