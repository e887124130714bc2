import { LinkSocksClient } from '@ls/client'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, requireProgram, type TestTcpServer, within } from '@ls/testkit'
import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { Program } from './program.js'

// The dashboard as an operator has it: the built command, a real browser, real traffic.

const apiKey = 'sekret'
const program = requireProgram('chromium')

/** A page that has just been loaded on a machine that runs other suites takes its time. */
const deadlineMs = 15_000

/** All steps of a test are quick, but a browser beside other suites is not. */
const testDeadlineMs = 90_000

describe.runIf(program !== undefined)('dashboard', { timeout: testDeadlineMs }, () => {
  let browser: Browser
  let port: number
  let server: Program

  beforeAll(async () => {
    browser = await chromium.launch({ ...(program && { executablePath: program }), args: ['--no-sandbox'] })
  })
  beforeEach(async () => {
    port = await freePort()
    server = await startServer(port)
  })
  afterAll(() => browser.close())

  const signedIn = async (context?: BrowserContext): Promise<Page> => {
    const page = await (context ?? (await browser.newContext({ locale: 'en' }))).newPage()
    page.setDefaultTimeout(deadlineMs)
    afterTest(() => page.context().close())
    await page.goto(`http://127.0.0.1:${port}/dashboard/`)
    await page.fill('#key', apiKey)
    await page.keyboard.press('Enter')
    await page.waitForSelector('nav')
    return page
  }

  test('makes a token, links a client with it, shows what it moves, and cuts it', async () => {
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
    await page.getByText('Nothing flows now').waitFor()
  })

  test('refuses a wrong key, and says so', async () => {
    const page = await browser.newPage({ locale: 'en' })
    afterTest(() => page.close())
    await page.goto(`http://127.0.0.1:${port}/dashboard/`)
    await page.fill('#key', 'wrong')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.textContent('[role=alert]')).toBe('This is not the key of this server.')
  })

  test('goes on by itself when the server has restarted', async () => {
    const page = await signedIn()
    await page.waitForSelector('.pill.live')
    server.kill('SIGKILL')
    await page.waitForSelector('.pill.lost')
    server = await startServer(port)
    await page.waitForSelector('.pill.live')
    expect(await page.isVisible('#key')).toBe(false)
  })

  test('can be used by everybody, and fits a phone, in light and dark', async () => {
    const viewport = { width: 390, height: 844 }
    const context = await browser.newContext({ locale: 'zh-CN', viewport, reducedMotion: 'reduce' })
    const page = await signedIn(context)
    await throughClient(port, await makeToken(page))
    const faults: string[] = []
    for (const name of await page.$$eval('nav a', (links) => links.map((link) => link.getAttribute('href') ?? ''))) {
      await page.click(`nav a[href="${name}"]`)
      await page.waitForSelector('main .card:not(.loading)')
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        faults.push(...(await faultsOf(page, `${name}, ${colorScheme}`)))
      }
    }
    expect(faults).toEqual([])
  })
})

async function startServer(port: number): Promise<Program> {
  const server = new Program('server', '-k', apiKey, '-H', '127.0.0.1', '-P', String(port), '--guard', 'none')
  await server.printed(/listening/)
  return server
}

/** Makes a forward token in the page, and takes it off the line that it shows. */
async function makeToken(page: Page): Promise<string> {
  await page.click('nav a[href="#/tokens"]')
  await page.click('.toolbar button')
  await page.fill('dialog input[name=name]', '<b>ada</b>')
  await page.click('dialog form button')
  const line = await page.textContent('.token-line code')
  await page.keyboard.press('Escape')
  await page.waitForSelector('dialog', { state: 'detached' })
  return /\/\/([^@]+)@/.exec(line ?? '')?.[1] ?? ''
}

/** A connection to an echo through a client with that token. */
async function throughClient(port: number, token: string) {
  const target: TestTcpServer = closing(await echoServer())
  const client = closing(new LinkSocksClient({ url: `ws://127.0.0.1:${port}`, token, socksPort: 0 }))
  await client.start()
  const proxy = client.socksAddress ?? { host: '', port: 0 }
  const socket = await connect({ proxy, target: { host: '127.0.0.1', port: target.port } })
  socket.on('error', () => {}).resume()
  afterTest(() => socket.destroy())
  return { socket, target }
}

/** What a screen reader or a phone would stumble over. */
async function faultsOf(page: Page, name: string): Promise<string[]> {
  await page.evaluate(axe.source)
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }
    return (await axe.run()).violations.map(({ id, nodes }) => `${id} at ${nodes[0]?.html}`)
  })
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  const viewport = page.viewportSize()?.width ?? 0
  const tooWide = width > viewport ? [`is ${width} px wide in a window of ${viewport}`] : []
  return [...violations, ...tooWide].map((fault) => `${name}: ${fault}`)
}

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}
