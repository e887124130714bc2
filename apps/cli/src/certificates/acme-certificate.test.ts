import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@ls/foundation'
import { FakeClock, testAuthority, until } from '@ls/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AcmeCertificate, type Order, renewalMs } from './acme-certificate.js'

const dayMs = 86_400_000
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'linksocks-acme-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('AcmeCertificate', () => {
  test('orders a certificate and keeps it with its key', async () => {
    const { certificate, issued } = make()
    await certificate.start()
    expect(readFileSync(certificate.certFile, 'utf8') + readFileSync(certificate.keyFile, 'utf8')).toBe(
      (issued[0]?.cert ?? '') + (issued[0]?.key ?? ''),
    )
  })

  test('orders nothing while the one that is kept is fresh', async () => {
    await make().certificate.start()
    const { certificate, issued } = make()
    await certificate.start()
    expect(issued).toEqual([])
  })

  test('says why there is none when the first order fails', async () => {
    const { certificate } = make({ order: () => Promise.reject(new Error('the name does not resolve')) })
    await expect(certificate.start()).rejects.toThrow('the name does not resolve')
  })

  test('renews when two thirds of a short life are over', async () => {
    const { certificate, issued, time, clock } = make()
    await certificate.start()
    clock.advance(0)
    time.now = twoThirdsOf(certificate)
    clock.advance(dayMs / 2)
    await until(() => issued.length === 2, 'a second order')
    certificate.close()
    expect(readFileSync(certificate.certFile, 'utf8')).toBe(issued[1]?.cert)
  })

  test('keeps the old certificate, says why and tries again when a renewal fails', async () => {
    const lines: unknown[] = []
    await make().certificate.start()
    const failing = make({
      order: () => Promise.reject(new Error('too many orders')),
      logger: { ...silentLogger, warn: (_fields: object, text = '') => void lines.push(text) },
    })
    const before = readFileSync(failing.certificate.certFile, 'utf8')
    failing.time.now = twoThirdsOf(failing.certificate)
    await failing.certificate.start()
    failing.clock.advance(0)
    await until(() => lines.length === 1, 'a warning')
    failing.clock.advance(15 * 60_000)
    await until(() => lines.length === 2, 'another try')
    failing.certificate.close()
    expect({ line: lines[0], file: readFileSync(failing.certificate.certFile, 'utf8') }).toEqual({
      line: 'the certificate was not renewed, the old one stays: too many orders',
      file: before,
    })
  })

  test.each<[string, () => { readonly cert: string; readonly key: string }, string]>([
    ['is none', () => ({ ...issue(), cert: '<html></html>' }), 'something that is no certificate'],
    ['is for another key', () => ({ ...issue(), key: issue().key }), 'a certificate for another key'],
    ['is for another name', () => issue('other.example'), 'a certificate that is not for localhost'],
  ])('keeps the old certificate when the new one %s', async (_what, answer, reason) => {
    const lines: string[] = []
    await make().certificate.start()
    const { certificate, clock, time } = make({
      order: () => Promise.resolve(answer()),
      logger: { ...silentLogger, warn: (_fields: object, text = '') => void lines.push(text) },
    })
    const before = readFileSync(certificate.certFile, 'utf8') + readFileSync(certificate.keyFile, 'utf8')
    time.now = twoThirdsOf(certificate)
    await certificate.start()
    clock.advance(0)
    await until(() => lines.length === 1, 'a warning')
    certificate.close()
    const after = readFileSync(certificate.certFile, 'utf8') + readFileSync(certificate.keyFile, 'utf8')
    expect({ line: lines[0], after }).toEqual({
      line: `the certificate was not renewed, the old one stays: the authority sent ${reason}`,
      after: before,
    })
  })

  test('does not use a certificate that has expired', async () => {
    const { certificate, time } = make()
    time.now = Date.now() + 100 * 365 * dayMs
    await expect(certificate.start()).rejects.toThrow('the authority sent a certificate that has expired')
  })

  test('orders another when the file of the one that is kept was cut', async () => {
    writeFileSync(join(folder, 'localhost.crt'), '-----BEGIN CERTIFICATE-----\nMIIB')
    writeFileSync(join(folder, 'localhost.key'), '')
    const { certificate, issued } = make()
    await certificate.start()
    expect(issued).toHaveLength(1)
  })

  test('orders another when the one that is kept is for another name', async () => {
    const other = testAuthority().issue({ hosts: ['other.example'] })
    writeFileSync(join(folder, 'localhost.crt'), other.cert)
    writeFileSync(join(folder, 'localhost.key'), other.key)
    const { certificate, issued } = make()
    await certificate.start()
    expect(issued).toHaveLength(1)
  })
})

describe('renewalMs', () => {
  test.each([
    [90, 60],
    [6, 4],
  ])('of a life of %i days is after %i', (days, expected) => {
    const from = Date.parse('2026-01-01T00:00:00Z')
    const dates = { validFrom: new Date(from).toString(), validTo: new Date(from + days * dayMs).toString() }
    expect(renewalMs(dates)).toBe(from + expected * dayMs)
  })
})

function issue(host = 'localhost'): { readonly cert: string; readonly key: string } {
  return testAuthority().issue({ hosts: [host] })
}

/** Time just after two thirds of its life. */
function twoThirdsOf({ certFile }: AcmeCertificate): number {
  const { validFrom, validTo } = new X509Certificate(readFileSync(certFile))
  return Date.parse(validTo) - (Date.parse(validTo) - Date.parse(validFrom)) * 0.33
}

function make({ order, logger = silentLogger }: { order?: Order; logger?: typeof silentLogger } = {}) {
  const clock = new FakeClock()
  const time = { now: Date.now() }
  const issued: { cert: string; key: string }[] = []
  const issueOne = async (): Promise<{ cert: string; key: string }> => {
    const certificate = issue()
    issued.push(certificate)
    return certificate
  }
  const options = { folder, names: ['localhost'], order: order ?? issueOne, clock, logger, now: () => time.now }
  return { certificate: new AcmeCertificate(options), issued, time, clock }
}
