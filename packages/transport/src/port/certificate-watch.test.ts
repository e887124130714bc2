import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@ls/foundation'
import { testAuthority, type TestCertificate, until } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { afterTest } from '../../testing/listening.js'
import { type CertificateFiles, readCertificateFiles } from './certificate-files.js'
import { CertificateWatch, type CertificateWatchOptions, describeCertificate } from './certificate-watch.js'
import { secureContextOptions, type ServerTlsOptions } from './server-tls.js'

const authority = testAuthority()
const [first, second, third] = [authority.issue(), authority.issue(), authority.issue()]
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ls-'))
  afterTest(() => rm(folder, { recursive: true, force: true }))
})

const filesIn = (place: string): CertificateFiles => ({
  certFile: join(place, 'tls.crt'),
  keyFile: join(place, 'tls.key'),
})

async function write(place: string, { cert, key }: TestCertificate): Promise<void> {
  const { certFile, keyFile } = filesIn(place)
  await mkdir(place, { recursive: true })
  await writeFile(certFile, cert)
  await writeFile(keyFile, key)
}

/** Replaces a file in one step, so that a reader never gets half of it. */
async function put(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

/** Watches a folder that holds the first pair; new certificates are checked as a listener does it. */
function watching(options: Partial<CertificateWatchOptions> = {}, files = filesIn(folder)) {
  const seen: ServerTlsOptions[] = []
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (_fields: object, text = '') => void warnings.push(text) }
  const onChange = (tls: ServerTlsOptions): void => {
    secureContextOptions(tls)
    seen.push(tls)
  }
  const watch = new CertificateWatch({ files, logger, onChange, settleMs: 20, ...options }, readCertificateFiles(files))
  afterTest(() => watch.close())
  return { seen, warnings, certs: () => seen.map(({ cert }) => cert) }
}

describe('CertificateWatch', () => {
  test('reports a pair that was written over the old one', async () => {
    await write(folder, first)
    const { seen, certs } = watching()
    await write(folder, second)
    await until(() => seen.length > 0, 'the new pair')
    expect(certs()).toEqual([second.cert])
  })

  test('reports files that replaced the old ones, repeatedly', async () => {
    await write(folder, first)
    const { seen, certs } = watching()
    for (const [index, pair] of [second, third].entries()) {
      const aside = join(folder, 'new')
      await write(aside, pair)
      await rename(join(aside, 'tls.key'), join(folder, 'tls.key'))
      await rename(join(aside, 'tls.crt'), join(folder, 'tls.crt'))
      await until(() => seen.length > index, 'the new pair')
    }
    expect(certs()).toEqual([second.cert, third.cert])
  })

  test('reports a link with a new target, as Kubernetes makes it', async () => {
    await write(join(folder, '..1'), first)
    await write(join(folder, '..2'), second)
    await symlink('..1', join(folder, '..data'))
    for (const name of ['tls.crt', 'tls.key']) await symlink(join('..data', name), join(folder, name))
    const { seen, certs } = watching()
    await symlink('..2', join(folder, '..new'))
    await rename(join(folder, '..new'), join(folder, '..data'))
    await until(() => seen.length > 0, 'the new pair')
    expect(certs()).toEqual([second.cert])
  })

  test('finds changes without an event by polling', async () => {
    const elsewhere = join(folder, 'elsewhere')
    await write(elsewhere, first)
    const linked = join(folder, 'linked')
    await mkdir(linked)
    for (const name of ['tls.crt', 'tls.key']) await symlink(join('..', 'elsewhere', name), join(linked, name))
    const { seen, certs } = watching({ pollMs: 20 }, filesIn(linked))
    await write(elsewhere, second)
    await until(() => certs().includes(second.cert), 'the new pair')
    expect(seen.at(-1)?.key).toBe(second.key)
  })

  test.each([{ settleMs: -1 }, { settleMs: Number.NaN }, { pollMs: 0 }, { pollMs: Number.NaN }])(
    'refuses the time %o',
    async (options) => {
      await write(folder, first)
      expect(() => watching(options)).toThrow(RangeError)
    },
  )

  test('says once that a pair cannot be used, and takes the next', async () => {
    await write(folder, first)
    const { seen, warnings, certs } = watching({ pollMs: 10 })
    await put(join(folder, 'tls.key'), second.key)
    await until(() => warnings.length > 0, 'the warning')
    await put(join(folder, 'tls.crt'), second.cert)
    await until(() => seen.length > 0, 'the new pair')
    expect({ certs: certs(), warnings }).toEqual({
      certs: [second.cert],
      warnings: [
        expect.stringContaining('the old one stays: this certificate and key cannot be used: the key does not belong'),
      ],
    })
  })

  test.skipIf(process.platform === 'win32')('does not wait for the writer of a pipe', async () => {
    await write(folder, first)
    const { warnings } = watching()
    const { keyFile } = filesIn(folder)
    execFileSync('mkfifo', [`${keyFile}.new`])
    await rename(`${keyFile}.new`, keyFile)
    await until(() => warnings.length > 0, 'a warning')
    expect(warnings[0]).toContain('is a pipe that nothing is written to')
  })

  test('says once that a file is gone', async () => {
    await write(folder, first)
    const { warnings } = watching({ pollMs: 10 })
    await rm(join(folder, 'tls.key'))
    await until(() => warnings.length > 0, 'the warning')
    await writeFile(join(folder, 'other'), 'stirs the folder')
    await until(() => warnings.length > 0, 'the warning')
    expect(warnings).toEqual([expect.stringContaining(`${join(folder, 'tls.key')}: no such file`)])
  })
})

test.each<[string, CertificateFiles]>([
  ['the certificate', { certFile: '/nonexistent/tls.crt', keyFile: '/nonexistent/tls.key' }],
  ['the certificate', { certFile: '/', keyFile: '/' }],
])('readCertificateFiles names %s that it cannot read in %j', (what, files) => {
  expect(() => readCertificateFiles(files)).toThrow(
    expect.objectContaining({ code: 'ERR_TRANSPORT_TLS', message: expect.stringContaining(what) as unknown }),
  )
})

test('readCertificateFiles refuses an empty key, as while it is written anew', async () => {
  await write(folder, { ...second, key: '' })
  expect(() => readCertificateFiles(filesIn(folder))).toThrow('tls.key: it is empty')
})

describe('describeCertificate', () => {
  test('reports names and expiry', () => {
    expect(describeCertificate(first.cert)).toMatchObject({
      names: 'DNS:localhost, DNS:server.test, IP Address:127.0.0.1',
    })
  })

  test('returns nothing for text that is no certificate', () => {
    expect(describeCertificate('none')).toEqual({})
  })
})
