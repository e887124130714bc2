import { connect } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { helloCatcher, parseClientHello } from './client-hello.js'
import { ja4 } from './ja4.js'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

test('helloCatcher reads the ClientHello of a TLS client', async () => {
  const catcher = await helloCatcher()
  cleanups.push(() => catcher.close())
  const socket = connect({
    port: catcher.port,
    servername: 'example.org',
    ALPNProtocols: ['h2', 'http/1.1'],
    ciphers: 'TLS_AES_128_GCM_SHA256',
    minVersion: 'TLSv1.3',
    ecdhCurve: 'P-256:P-384',
    sigalgs: 'ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256',
  })
  socket.on('error', () => {})
  expect(await catcher.next()).toMatchObject({
    versions: [0x03_04],
    // OpenSSL before 3.5 adds 0x00ff (RFC 5746 §3.3) behind it.
    ciphers: expect.arrayContaining([0x13_01]) as number[],
    serverName: 'example.org',
    alpn: ['h2', 'http/1.1'],
    signatures: [0x04_03, 0x08_04],
    groups: [0x17, 0x18],
    keyShares: [0x17],
  })
})

test('parseClientHello waits for the whole of it', () => {
  expect(parseClientHello(Buffer.from('16030100051c000100', 'hex'))).toBeUndefined()
})

describe('ja4', () => {
  test('is what its specification has as an example', () => {
    const hello = {
      versions: [0x03_04, 0x03_03],
      ciphers: hexList('1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035'),
      extensions: hexList('001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015'),
      serverName: 'example.org',
      alpn: ['h2', 'http/1.1'],
      signatures: hexList('0403,0804,0401,0503,0805,0501,0806,0601'),
      groups: [],
      keyShares: [],
    }
    expect(ja4(hello)).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1')
  })
})

function hexList(text: string): number[] {
  return text.split(',').map((digits) => Number.parseInt(digits, 16))
}
