import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { selfSignedCertificate } from './self-signed.js'
import { stateFolder } from './state-folder.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'linksocks-state-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('selfSignedCertificate', () => {
  test('makes a certificate for the names, signed by its own key', async () => {
    const { certFile } = await selfSignedCertificate(folder, ['a.example'])
    const certificate = new X509Certificate(readFileSync(certFile))
    expect({
      isSelfSigned: certificate.verify(certificate.publicKey),
      host: certificate.checkHost('a.example'),
    }).toEqual({ isSelfSigned: true, host: 'a.example' })
  })

  test('keeps certificate and key', async () => {
    const first = await selfSignedCertificate(folder, [])
    const second = await selfSignedCertificate(folder, [])
    expect(second).toEqual(first)
  })

  test('keeps the key, and with it the pin, when the certificate is lost', async () => {
    const first = await selfSignedCertificate(folder, [])
    rmSync(first.certFile)
    expect((await selfSignedCertificate(folder, [])).pin).toBe(first.pin)
  })

  test.skipIf(process.platform === 'win32')('lets only its owner read the key', async () => {
    const { keyFile } = await selfSignedCertificate(folder, [])
    expect(statSync(keyFile).mode & 0o777).toBe(0o600)
  })

  test('names folder and flag where nothing can be kept', async () => {
    await expect(selfSignedCertificate('/dev/null/state', [])).rejects.toThrow(
      /cannot keep certificates in \/dev\/null\/state: .*; choose another folder with --state-folder/,
    )
  })
})

describe('stateFolder', () => {
  test.each([
    ['/asked', { STATE_DIRECTORY: '/unit' }, '/asked'],
    [undefined, { STATE_DIRECTORY: '/var/lib/linksocks:/other', XDG_STATE_HOME: '/x' }, '/var/lib/linksocks'],
    [undefined, { XDG_STATE_HOME: '/x' }, '/x/linksocks'],
  ])('of %j in %j is %s', (asked, environment, expected) => {
    expect(stateFolder(asked, environment)).toBe(expected)
  })
})
