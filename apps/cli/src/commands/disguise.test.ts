import { silentLogger } from '@ls/foundation'
import { freePort } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { parseCommandLine, type RunOf } from '../arguments/command-line.js'
import { UsageError } from '../errors.js'
import { checkDisguise, openDisguise, type Disguise } from './disguise.js'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

describe('checkDisguise', () => {
  test.each([
    ['--fingerprint chrome --browser-dialer 8080', '--browser-dialer and --fingerprint exclude each other'],
    [
      '--fingerprint chrome --tls-client-cert a --tls-client-key b',
      '--tls-client-cert and --fingerprint exclude each other',
    ],
    [
      '--browser-dialer 8080 --header a:b',
      '--header and --browser-dialer exclude each other: that is for the browser to choose',
    ],
    [
      '--browser-dialer 8080 --proxy http://a',
      '--proxy and --browser-dialer exclude each other: that is for the browser to choose',
    ],
    [
      '--browser-dialer 8080 --tls-ca a',
      '--tls-ca and --browser-dialer exclude each other: that is for the browser to choose',
    ],
    [
      '--browser-dialer 8080 --tls-insecure',
      '--tls-insecure and --browser-dialer exclude each other: that is for the browser to choose',
    ],
    ['--browser-dialer 8080 -u ws+unix:///a.sock', 'no browser opens a UNIX socket (--url)'],
    ['--browser-dialer unix:/a', "--browser-dialer is 'unix:/a'; it must be HOST:PORT or PORT"],
    ['--browser-dialer nowhere', "--browser-dialer is 'nowhere'; it must be HOST:PORT or PORT"],
  ])('refuses %s', (line, message) => {
    expect(() => checkDisguise(client(line))).toThrow(new UsageError(message))
  })

  test.each(['', '--fingerprint firefox --tls-ca a --header a:b --proxy http://a', '--browser-dialer [::1]:8080'])(
    'takes "%s"',
    (line) => {
      expect(() => checkDisguise(client(line))).not.toThrow()
    },
  )
})

describe('openDisguise', () => {
  test('changes nothing where nothing is asked for', async () => {
    const { disguise } = await opened('')
    expect(disguise.options).toEqual({})
  })

  test('opens links with the fingerprint of the browser, and uses no proxies', async () => {
    const { disguise } = await opened('--fingerprint safari')
    expect(disguise.options).toEqual({ connect: expect.any(Function) as unknown })
  })

  test('serves the page of the browser dialer, and prints its URL', async () => {
    const port = await freePort()
    const { disguise, printed } = await opened(`--browser-dialer ${port}`)
    const url = /^browser: (http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/)$/.exec(printed[0] ?? '')?.[1] ?? ''
    expect({
      port: new URL(url).port,
      status: (await fetch(url)).status,
      proxyFromEnvironment: disguise.options.proxyFromEnvironment,
    }).toEqual({ port: String(port), status: 200, proxyFromEnvironment: false })
  })

  test.each([
    ['127.0.0.1:0', 0],
    ['localhost:0', 0],
    ['0.0.0.0:0', 1],
  ])('warns of %s as often as %i', async (place, times) => {
    const { warnings } = await opened(`--browser-dialer ${place}`)
    expect(warnings).toHaveLength(times)
  })
})

async function opened(line: string) {
  const printed: string[] = []
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (_fields: object, text = '') => void warnings.push(text) }
  const context = { logger: { ...logger, child: () => logger }, print: (text: string) => void printed.push(text) }
  const disguise: Disguise = await openDisguise(client(line), context, { onReady: () => {} })
  cleanups.push(() => disguise.close())
  return { disguise, printed, warnings }
}

function client(line: string) {
  const words = line.split(' ').filter((word) => word !== '')
  return (parseCommandLine(['client', ...words], {}) as RunOf<'client'>).settings
}
