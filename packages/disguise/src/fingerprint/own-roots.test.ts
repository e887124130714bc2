import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withOwnRoots } from './own-roots.js'

beforeEach(() => {
  vi.stubEnv('SSL_CERT_FILE', '/before.pem')
  vi.stubEnv('SSL_CERT_DIR', undefined)
})
afterEach(() => void vi.unstubAllEnvs())

const file = (): string => process.env['SSL_CERT_FILE'] ?? ''

test('withOwnRoots names a file with the certificates, and a folder with no others', () => {
  const seen = withOwnRoots(['one', Buffer.from('two')], () => [
    readFileSync(file(), 'utf8'),
    process.env['SSL_CERT_DIR'],
  ])
  expect(seen).toEqual(['one\ntwo', expect.stringContaining('linksocks-ca-')])
})

test('withOwnRoots puts the variables back', () => {
  withOwnRoots('one', () => {})
  expect({ sslCertFile: process.env['SSL_CERT_FILE'], sslCertDir: process.env['SSL_CERT_DIR'] }).toEqual({
    sslCertFile: '/before.pem',
    sslCertDir: undefined,
  })
})

test('withOwnRoots leaves no file behind, though it fails', () => {
  let folder = ''
  const fail = (): never => {
    folder = dirname(file())
    throw new Error('failed')
  }
  expect(() => withOwnRoots('one', fail)).toThrow('failed')
  expect({ unset: folder === '', exists: existsSync(folder), file: file() }).toEqual({
    unset: false,
    exists: false,
    file: '/before.pem',
  })
})
