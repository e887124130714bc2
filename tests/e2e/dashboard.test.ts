import { LinkSocksClient } from '@ls/client'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, requireProgram, type TestTcpServer, within } from '@ls/testkit'
import axe, { type RunOptions } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { Program } from './program.js'

// The dashboard as an operator uses it: the built command, a real browser, real traffic.

const apiKey = 'sekret'
const program = requireProgram('chromium')

/** Time for a page to load on a machine that runs other suites, in milliseconds. */
const timeoutMs = 15_000

/** Time for a test, in milliseconds: all its steps are quick, but a browser beside other suites is not. */
const testTimeoutMs = 90_000

describe.runIf(program !== undefined)('dashboard', { timeout: testTimeoutMs }, () => {
  let browser: Browser
  let port: number
  let server: Program
  const ends: (() => void)[] = []

  /** Starts one server and one browser for all tests, which do not disturb each other. */
  const startServer = async (): Promise<void> => {
    const how = { endLater: (end: () => void) => void ends.push(end) }
    server = new Program(how, 'server', '-k', apiKey, '-H', '127.0.0.1', '-P', String(port), '--guard', 'none')
    await server.printed(/listening/)
  }

  beforeAll(async () => {
    port = await freePort()
    const launched = chromium.launch({ ...(program && { executablePath: program }), args: ['--no-sandbox'] })
    ;[browser] = await Promise.all([launched, startServer()])
  }, testTimeoutMs)
  afterAll(async () => {
    for (const end of ends) end()
    await browser.close()
  })

  const opened = async (options: BrowserContextOptions = { locale: 'en' }, address?: string): Promise<Page> => {
    const page = await browser.newPage(options)
    page.setDefaultTimeout(timeoutMs)
    afterTest(() => page.close())
    await page.goto(address ?? `http://127.0.0.1:${port}/dashboard/`)
    return page
  }

  const signedIn = async (options?: BrowserContextOptions): Promise<Page> => {
    const page = await opened(options)
    await signIn(page, apiKey)
    await page.waitForSelector('nav')
    return page
  }

  test('makes a token, links a client with it, shows its traffic, and cuts it', async () => {
    const page = await signedIn()
    const { socket, target } = await throughClient(port, await makeToken(page))
    await page.click('nav a[href="#/overview"]')
    const moved = page.locator('.tile.down .muted')
    await moved.waitFor()
    socket.write(Buffer.alloc(300_000))
    await page.waitForFunction(() => document.querySelector('.tile.down .muted')?.textContent?.endsWith('KiB') === true)

    await page.click('nav a[href="#/connections"]')
    const row = page.locator('tbody tr', { hasText: `127.0.0.1:${target.port}` })
    const cut = new Promise<unknown>((resolve) => socket.once('error', resolve))
    await row.getByRole('button').click()
    await row.getByRole('button').click()
    expect(await within(cut, 'the application to be cut off')).toMatchObject({ code: 'ECONNRESET' })
    await page.getByText('No open connections').waitFor()
  })

  test('shows the used quota, and the ports that a provider has opened', async () => {
    const token = await postToken(port, {
      type: 'reverse',
      ports: '1024-65535',
      policy: { name: 'home', quota: { day: '1GB' } },
    })
    const provider = new LinkSocksClient({
      url: `ws://127.0.0.1:${port}`,
      token,
      role: 'provider',
      exposes: ['0=db.internal:5432'],
    })
    await closing(provider).start()
    const page = await signedIn()
    await page.click('nav a[href="#/tokens"]')
    await page.locator('tbody tr', { hasText: 'home' }).getByRole('button').click()
    expect(await page.locator('dialog').getByRole('meter').getAttribute('aria-valuetext')).toMatch(
      /^0 B of 954 MiB, until /,
    )
    await page.setViewportSize({ width: 390, height: 844 })
    expect(await page.$eval('dialog', (dialog) => dialog.scrollWidth - dialog.clientWidth)).toBe(0)
    // The longest text of a quota is as wide as 390 px leave.
    await page.setViewportSize({ width: 330, height: 844 })
    expect(await page.$eval('dialog .meter-words', (words) => words.scrollWidth - words.clientWidth)).toBe(0)
    await page.keyboard.press('Escape')
    await page.click('nav a[href="#/ports"]')
    await page.locator('tbody tr', { hasText: 'db.internal:5432' }).waitFor()
  })

  test('refuses a wrong key, accepts the right one, and continues by itself when the server has restarted', async () => {
    const page = await opened()
    await signIn(page, 'wrong')
    await expect
      .poll(() => page.textContent('[role=alert]'), { timeout: timeoutMs })
      .toBe('This is not the key of this server.')
    await signIn(page, apiKey)
    await page.waitForSelector('.pill.live')
    server.kill('SIGKILL')
    await page.waitForSelector('.pill.lost')
    await startServer()
    await page.waitForSelector('.pill.live')
    expect(await page.isVisible('#key')).toBe(false)
  })

  test('of a client opens by the line that it prints, shows what goes where, and cuts it', async () => {
    const token = await postToken(port, { type: 'forward' })
    const url = `ws://127.0.0.1:${port}`
    const proxyPort = await freePort()
    const client = new Program('client', '-t', token, '-u', url, '-p', String(proxyPort), '--dashboard', '127.0.0.1:0')
    const [address] = await client.printed(/http:\S+#key=\w+/)
    await client.printed(/proxy: /)
    const target = closing(await echoServer())
    const proxy = { host: '127.0.0.1', port: proxyPort }
    const socket = await connect({ proxy, target: { host: '127.0.0.1', port: target.port } })
    afterTest(() => socket.destroy())
    socket.resume().write(Buffer.alloc(300_000))
    const page = await opened({ locale: 'en' }, address)
    await expect.poll(() => page.locator('nav a').allTextContents(), { timeout: timeoutMs }).toEqual(clientPages)

    const faults: string[] = []
    for (const name of ['destinations', 'links', 'connections']) {
      await page.click(`nav a[href="#/${name}"]`)
      await page.locator('tbody tr', { hasText: name === 'links' ? `127.0.0.1:${port}` : `:${target.port}` }).waitFor()
      await page.evaluate(axe.source)
      faults.push(...(await faultsOf(page, name, 'light')))
    }
    expect(faults).toEqual([])
    const cut = new Promise<unknown>((resolve) => socket.once('error', resolve))
    await page.locator('tbody').getByRole('button').click()
    await page.locator('tbody').getByRole('button').click()
    expect(await within(cut, 'the application to be cut off')).toMatchObject({ code: 'ECONNRESET' })
  })

  test('shows the current page in the menu of a narrow window', async () => {
    const page = await signedIn({ locale: 'en', viewport: { width: 390, height: 844 } })
    await page.evaluate(() => (location.hash = '#/config'))
    const current = page.locator('nav [aria-current]', { hasText: 'Configuration' })
    await current.waitFor()
    const isInside = async (): Promise<boolean> => ((await current.boundingBox())?.x ?? 0) < 390 - 40
    await expect.poll(isInside, { timeout: timeoutMs }).toBe(true)
  })

  test.each(['connections', 'links'])(
    'shows all columns of %s at 1280 px, and the whole of a long name in a row with the focus',
    async (place) => {
      const page = await signedIn({ locale: 'en', viewport: { width: 1280, height: 800 } })
      const name = `${place} of `.padEnd(64, 'long')
      await throughClient(port, await postToken(port, { type: 'forward', policy: { name } }))
      await page.click(`nav a[href="#/${place}"]`)
      const row = page.locator('tbody tr', { hasText: name })
      await row.waitFor()
      const look = async () => ({
        beyond: await page.$eval('.table.live', (table) => table.scrollWidth - table.clientWidth),
        isShortened: await row.getByTitle(name).evaluate((shown) => shown.scrollWidth > shown.clientWidth),
      })
      const before = await look()
      await row.getByRole('button').focus()
      const { isShortened } = await look()
      expect({ before, isShortened }).toEqual({ before: { beyond: 0, isShortened: true }, isShortened: false })
    },
  )

  test('puts connections together by their target', async () => {
    const { target } = await throughClient(port, await postToken(port, { type: 'forward' }))
    const page = await signedIn()
    await page.click('nav a[href="#/connections"]')
    await page.getByLabel('Group by').selectOption('target')
    await page.locator('tbody tr', { hasText: `127.0.0.1:${target.port}` }).waitFor()
    // A row of a single connection has the target as well.
    await expect.poll(() => page.locator('tbody tr').getByRole('button').count(), { timeout: timeoutMs }).toBe(0)
  })

  test.each([390, 2560])('can be used by everybody at %i px, in light and dark', async (width) => {
    const viewport = { width, height: 844 }
    const page = await signedIn({ locale: 'zh-CN', viewport, reducedMotion: 'reduce' })
    const name = `<i>${width}</i>`
    await throughClient(port, await makeToken(page, name))
    await page.evaluate(axe.source)
    const faults: string[] = []
    const look = async (what: string): Promise<void> => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        faults.push(...(await faultsOf(page, `${what}, ${colorScheme}`, colorScheme)))
      }
    }
    for (const place of await page.$$eval('nav a', (links) => links.map((link) => link.getAttribute('href') ?? ''))) {
      await page.click(`nav a[href="${place}"]`)
      await page.waitForSelector('main .card:not(.loading)')
      await look(place)
    }
    await page.click('nav a[href="#/tokens"]')
    await page.locator('tbody tr', { hasText: name }).getByRole('button').click()
    await page.waitForSelector('dialog .qr')
    await look('a token')
    expect(faults).toEqual([])
  })
})

/** Pages in the menu of a client. */
const clientPages = ['Overview', 'Links', 'Connections', 'Destinations', 'Log']

/** Creates a token through the API. */
async function postToken(port: number, body: object): Promise<string> {
  const headers = { 'X-API-Key': apiKey, 'Content-Type': 'application/json' }
  const answer = await fetch(`http://127.0.0.1:${port}/api/token`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  const { token } = (await answer.json()) as { token: string }
  return token
}

async function signIn(page: Page, key: string): Promise<void> {
  await page.fill('#key', key)
  await page.keyboard.press('Enter')
}

/** Creates a forward token in the page, and reads it from the line that the page shows. */
async function makeToken(page: Page, name = '<b>ada</b>'): Promise<string> {
  await page.click('nav a[href="#/tokens"]')
  await page.click('.toolbar button')
  await page.fill('dialog input[name=name]', name)
  await page.click('dialog form button')
  const line = await page.textContent('.token-line code')
  await page.keyboard.press('Escape')
  await page.waitForSelector('dialog', { state: 'detached' })
  return /\/\/([^@]+)@/.exec(line ?? '')?.[1] ?? ''
}

/** Opens a connection to an echo through a client with that token. */
async function throughClient(port: number, token: string) {
  const target: TestTcpServer = closing(await echoServer())
  const client = closing(new LinkSocksClient({ url: `ws://127.0.0.1:${port}`, token, proxy: { port: 0 } }))
  await client.start()
  const proxy = client.socksAddress ?? { host: '', port: 0 }
  const socket = await connect({ proxy, target: { host: '127.0.0.1', port: target.port } })
  socket.on('error', () => {}).resume()
  afterTest(() => socket.destroy())
  return { socket, target }
}

/** Returns the faults of a page for screen readers and phones. */
async function faultsOf(page: Page, name: string, scheme: 'light' | 'dark'): Promise<string[]> {
  // The dark page differs only in its colours.
  const options: RunOptions = scheme === 'light' ? {} : { runOnly: ['color-contrast'] }
  const violations = await page.evaluate(async (asked) => {
    const { axe } = globalThis as unknown as { axe: { run(how: RunOptions): Promise<{ violations: Violation[] }> } }
    return (await axe.run(asked)).violations.map(({ id, nodes }) => `${id} at ${nodes[0]?.html}`)
  }, options)
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  const viewport = page.viewportSize()?.width ?? 0
  const tooWide = width > viewport ? [`is ${width} px wide in a window of ${viewport}`] : []
  return [...violations, ...tooWide].map((fault) => `${name}: ${fault}`)
}

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}
