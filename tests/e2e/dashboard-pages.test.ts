import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, requireProgram } from '@ls/testkit'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { afterTest } from '../stress/cleanup.js'
import { Program } from './program.js'
import { temporaryFolder } from './temporary-folder.js'

// Pages of the dashboard as an operator uses them: with the file of `linksocks run`, and with the keyboard alone.

const program = requireProgram('chromium')

/** Time for a page to load on a machine that runs other suites, in milliseconds. */
const timeoutMs = 15_000
const testTimeoutMs = 90_000

/** Most presses of Tab to reach any part of a page. */
const maxTabs = 25

describe.runIf(program !== undefined)('dashboard', { timeout: testTimeoutMs }, () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await chromium.launch({ ...(program && { executablePath: program }), args: ['--no-sandbox'] })
  }, testTimeoutMs)
  afterAll(() => browser.close())

  /** Starts a server with a file, opens its page, and signs in. */
  const opened = async () => {
    const [port, file] = [await freePort(), join(await temporaryFolder(), 'linksocks.yaml')]
    const write = (more: string): Promise<void> =>
      writeFile(file, `servers:\n  main:\n    ws-host: 127.0.0.1\n    ws-port: ${port}\n    api-key: key\n${more}`)
    await write('')
    await new Program('run', '-c', file).printed(/listening/)
    const page = await browser.newPage({ locale: 'en' })
    page.setDefaultTimeout(timeoutMs)
    afterTest(() => page.close())
    await page.goto(`http://127.0.0.1:${port}/dashboard/`)
    await page.waitForSelector('#key:focus')
    await page.keyboard.type('key')
    await page.keyboard.press('Enter')
    await page.waitForSelector('nav')
    return { page, write }
  }

  test('shows what the file would change, and changes it on request', async () => {
    const { page, write } = await opened()
    await page.click('nav a[href="#/config"]')
    await page.getByText('It matches').waitFor()
    await write('    tokens:\n      - token: extra\n')
    await page.locator('.lines .added', { hasText: 'tokens' }).waitFor()
    await page.getByRole('button', { name: 'Read the configuration again' }).click()
    await page.locator('[role=status] li').waitFor()
    await page.getByText('It matches').waitFor()
    await page.click('nav a[href="#/tokens"]')
    await expect.poll(() => page.locator('tbody tr').count(), { timeout: timeoutMs }).toBe(1)
  })

  test('names the mistakes of a file, which change nothing', async () => {
    const { page, write } = await opened()
    await page.click('nav a[href="#/config"]')
    await write('    sock-port: 1\n')
    await page.locator('.lines', { hasText: 'sock-port' }).waitFor()
    await page.getByRole('button', { name: 'Read the configuration again' }).click()
    await expect.poll(() => page.textContent('[role=status] .fault'), { timeout: timeoutMs }).toContain('sock-port')
  })

  test('shows the whole text of a mistake on a phone', async () => {
    const { page, write } = await opened()
    await page.setViewportSize({ width: 390, height: 844 })
    await page.click('nav a[href="#/config"]')
    await write('    sock-port: 1\n')
    const mistake = page.locator('.lines', { hasText: 'sock-port' })
    await mistake.waitFor()
    const hidden = (): Promise<number> => mistake.evaluate((lines) => lines.scrollWidth - lines.clientWidth)
    await expect.poll(hidden, { timeout: timeoutMs }).toBe(0)
  })

  test('makes a token by keyboard only, and restores the focus', async () => {
    const { page } = await opened()
    await tabTo(page, 'Tokens')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'New token' }).waitFor()
    await tabTo(page, 'New token')
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog')
    await tabTo(page, 'name')
    await page.keyboard.type('ada')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.token-line')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog', { state: 'detached' })
    expect(await focused(page)).toBe('New token')
  })
})

/** Returns the text of the focused element; of a field, its name. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('name') ?? element?.textContent?.trim() ?? ''
  })
}

async function tabTo(page: Page, text: string): Promise<void> {
  const seen: string[] = []
  while (seen.length < maxTabs) {
    await page.keyboard.press('Tab')
    seen.push(await focused(page))
    if (seen.at(-1) === text) return
  }
  throw new Error(`no Tab came to ${text}, but to ${seen.join(', ')}`)
}
