import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, silentLogger } from '@ls/foundation'
import { freePort } from '@ls/testkit'
import acme from 'acme-client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { acmeOrder } from './acme-order.js'

interface Retries {
  retryDefaultDelay: number
}

/** How the library repeats a request that is not answered; the wait is in seconds. */
const { acmeSettings: retries } = acme.axios.defaults as unknown as { readonly acmeSettings: Retries }
const { retryDefaultDelay } = retries
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'linksocks-order-'))
  retries.retryDefaultDelay = 0
})
afterEach(() => {
  retries.retryDefaultDelay = retryDefaultDelay
  rmSync(folder, { recursive: true, force: true })
})

/** Orders from an authority that does not run. */
async function orderInVain(logger: Logger = silentLogger): Promise<unknown> {
  const directoryUrl = `http://127.0.0.1:${await freePort()}/dir`
  const names = ['proxy.example.org']
  const place = { httpHost: '127.0.0.1', httpPort: await freePort() }
  return acmeOrder({ directoryUrl, names, email: undefined, folder, ...place, logger })()
}

describe('acmeOrder, when the authority does not answer,', () => {
  test('fails with the cause', async () => {
    await expect(orderInVain()).rejects.toThrow(
      /^the certificate authority 127\.0\.0\.1:\d+ does not answer: ECONNREFUSED$/,
    )
  })

  test('warns before it asks again', async () => {
    const lines: string[] = []
    const logger = { ...silentLogger, warn: (_fields: object, text = '') => void lines.push(text) }
    await orderInVain(logger).catch(() => {})
    expect(lines[0]).toMatch(/^the certificate authority 127\.0\.0\.1:\d+ does not answer: ECONNREFUSED; trying again$/)
  })
})
