import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { requireProgram } from '@ls/testkit'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { afterTest } from '../stress/cleanup.js'
import { canRunSsh, SshServer } from '../stress/ssh-server.js'
import { canRunPostgres, PostgresServer } from './postgres-server.js'

// The pages of `examples/pages` in a real browser, as `pnpm example` serves them.

const program = requireProgram('chromium')

/** Time for a test, in milliseconds: a browser beside other suites is slow. */
const testTimeoutMs = 90_000

describe.runIf(program !== undefined)('examples/pages', { timeout: testTimeoutMs }, () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await chromium.launch({ ...(program && { executablePath: program }), args: ['--no-sandbox'] })
  }, testTimeoutMs)
  afterAll(() => browser.close())

  async function openTab(url: string): Promise<Page> {
    const page = await browser.newPage()
    afterTest(() => page.close())
    await page.goto(url)
    return page
  }

  async function opened(name: string): Promise<Page> {
    return openTab(await startExample(name))
  }

  test('camera shows one picture after another', async () => {
    const page = await opened('camera')
    await page.getByRole('button', { name: 'Watch' }).click()
    await page.waitForFunction(() => Number(document.querySelector('output')?.value) >= 3)
    // A browser that is busy loads a picture later than the page counts it.
    await expect.poll(() => page.evaluate(() => document.querySelector('img')?.naturalWidth)).toBe(640)
  })

  test('file-transfer carries a file to another page byte for byte', async () => {
    const sender = await opened('file-transfer')
    const bytes = randomBytes(3 * 1024 * 1024)
    await sender.setInputFiles('input', { name: 'picture.png', mimeType: 'image/png', buffer: bytes })
    await sender.getByRole('button', { name: 'Share' }).click()
    const address = (await sender.getByText(/^http.*#/).textContent()) ?? ''

    const receiver = await openTab(address)
    await receiver.evaluate(() => {
      // Not every browser can write to disk, and a headless one cannot ask the user for a place.
      delete (globalThis as { showSaveFilePicker?: unknown }).showSaveFilePicker
    })
    const [download] = await Promise.all([
      receiver.waitForEvent('download'),
      receiver.getByRole('button', { name: 'Get it' }).click(),
    ])
    const chunks: Buffer[] = []
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
  })

  test('service-worker shows a page of the intranet', async () => {
    const page = await opened('service-worker')
    await page.getByRole('button', { name: 'Open' }).click()
    expect(await page.frameLocator('iframe').locator('h1').textContent()).toBe('The wiki')
  })

  test('camera says why an address cannot be reached', async () => {
    const page = await opened('camera')
    await page.fill('input', 'http://127.0.0.1:1/')
    await page.getByRole('button', { name: 'Watch' }).click()
    await page.getByText(/./).and(page.getByRole('alert')).waitFor()
    expect(await page.getByRole('alert').textContent()).toMatch(/^refused/)
  })

  test.runIf(canRunSsh)('ssh opens a shell, after the key of the host is trusted', async () => {
    const server = await SshServer.start()
    const page = await opened('ssh')
    page.on('dialog', (dialog) => void dialog.accept())
    await page.fill('[name=port]', String(server.port))
    await page.fill('[name=username]', server.username)
    await page.click('summary')
    await page.fill('[name=key]', server.pemKey)
    await page.getByRole('button', { name: 'Connect' }).click()
    // The terminal has the focus once the shell runs.
    await page.locator('.xterm-helper-textarea:focus').waitFor()
    await page.keyboard.type('echo $(stty size | tr " " x) $((6 * 7))\n')
    await page.getByText(/^\d+x\d+\s42/).waitFor()
    expect(await page.locator('.xterm-rows').textContent()).not.toMatch(/^0x0/m)
  })

  test.runIf(canRunPostgres)('postgres shows the rows of a query', async () => {
    const server = await PostgresServer.start()
    const page = await opened('postgres')
    await page.fill('[name=port]', String(server.port))
    await page.fill('[name=password]', server.password)
    await page.fill('[name=sql]', 'select n, n * n as square from generate_series(1, 3) n')
    await page.getByRole('button', { name: 'Run' }).click()
    await page.locator('table').waitFor()
    expect(await page.locator('tr').allInnerTexts()).toEqual(['n\tsquare', '1\t1', '2\t4', '3\t9'])
  })
})

const command = fileURLToPath(new URL('../../examples/pages/run.mjs', import.meta.url))

/** Starts the server of `pnpm example`; resolves with the URL that it prints. */
async function startExample(name: string): Promise<string> {
  const child = spawn(process.execPath, [command, name, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  afterTest(() => child.kill())
  for await (const line of createInterface(child.stdout)) {
    const url = /http\S+/.exec(line)?.[0]
    if (url !== undefined) return url
  }
  throw new Error(`the example ${name} has ended`)
}
