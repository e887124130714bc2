import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onceEvent, requireProgram } from '@ls/testkit'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// The website as its readers get it: built, served as plain files, and opened in a browser.

const site = fileURLToPath(new URL('../../apps/site', import.meta.url))
const dist = join(site, 'dist')

/** A build takes about 25 s of processor time, and ten times as long on a machine that runs other suites. */
const buildTimeoutMs = 300_000

/** Each page is loaded once, and takes about 0.3 s. */
const browseTimeoutMs = 240_000

/** Time for one attempt to answer on a page whose script may not run yet, in milliseconds. */
const attemptMs = 2000

/** A phone and a laptop, in CSS pixels. */
const widths = [390, 1280]

/** Tabs that load pages at the same time. */
const tabs = 3

let pages: string[] = []

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['scripts/build.mjs'], { cwd: site, timeout: buildTimeoutMs })
  pages = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.html') && file !== '404.html')
  // The reference made by typedoc is not checked here.
  pages = pages.filter((file) => !file.startsWith('api/'))
}, buildTimeoutMs + 10_000)

describe('site', () => {
  test('has both languages', () => {
    expect(pages).toEqual(expect.arrayContaining(['index.html', 'zh/index.html', 'guide/modes.html']))
  })

  test('every link leads to a page, and to a heading on it', () => {
    expect(pages.flatMap(deadLinks)).toEqual([])
  })

  test('no page asks another host for a script, a style, a font or a picture', () => {
    const foreign = /<(?:script|img|source)[^>]+src(?:set)?="(?:https?:)?\/\/|<link[^>]+href="(?:https?:)?\/\//
    expect(pages.filter((page) => foreign.test(html(page)))).toEqual([])
  })
})

const program = requireProgram('chromium')

describe.runIf(program !== undefined)('site in a browser', () => {
  let server: Server
  let browser: Browser

  beforeAll(async () => {
    server = createServer((request, response) => {
      const file = fileOf(new URL(request.url ?? '/', 'http://site').pathname)
      const type = contentTypes[extname(file)]
      if (type === undefined) return response.writeHead(404).end()
      return response.writeHead(200, { 'content-type': type }).end(readFileSync(join(dist, file)))
    }).listen(0, '127.0.0.1')
    await onceEvent(server, 'listening')
    browser = await chromium.launch({ ...(program && { executablePath: program }), args: ['--no-sandbox'] })
  })

  afterAll(async () => {
    await browser.close()
    server.close()
  })

  test(
    'every page is as wide as the window, in both themes, and quiet',
    async () => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
      expect(await complaintsOfAll(context, urlOf(server))).toEqual([])
      await context.close()
    },
    browseTimeoutMs,
  )

  test(
    'the search finds a Chinese word',
    async () => {
      const page = await browser.newPage({ locale: 'zh-CN' })
      await page.goto(`${urlOf(server)}/zh/`)
      // The key does nothing before the page's script runs.
      const isOpen = async (): Promise<boolean> => {
        await page.keyboard.press('Control+k')
        return page.isVisible('#localsearch-input')
      }
      await expect.poll(isOpen, { timeout: browseTimeoutMs / 2 }).toBe(true)
      await page.fill('#localsearch-input', '服务器')
      await expect(page.locator('#localsearch-list li').first().textContent()).resolves.toContain('服务器')
      await page.close()
    },
    browseTimeoutMs,
  )

  test(
    'the interactive picture follows the answers',
    async () => {
      const page = await browser.newPage()
      await page.goto(`${urlOf(server)}/guide/choose-a-mode`)
      // Before the page's script runs, an answer does nothing, and the next question is not there.
      const afterAnswers = async (): Promise<string | null> => {
        await page.check('input[name=network][value=inside]', { timeout: attemptMs })
        await page.check('input[name=program][value=server]', { timeout: attemptMs })
        return page.textContent('.mode-picture pre', { timeout: attemptMs })
      }
      await expect.poll(afterAnswers, { timeout: browseTimeoutMs / 2 }).toContain('linksocks server -t TOKEN -r')
      await page.close()
    },
    browseTimeoutMs,
  )
})

async function complaintsOfAll(context: BrowserContext, url: string): Promise<string[]> {
  const waiting = pages.values()
  const found: string[] = []
  const tab = async (): Promise<void> => {
    const page = await context.newPage()
    for (const name of waiting) found.push(...(await complaintsOf(page, url, name)))
    await page.close()
  }
  await Promise.all(Array.from({ length: tabs }, tab))
  return found
}

async function complaintsOf(page: Page, url: string, name: string): Promise<string[]> {
  const found: string[] = []
  const complain = (what: string): void => void found.push(`${name}: ${what}`)
  page.removeAllListeners()
  page.on('console', (message) => message.type() === 'error' && complain(message.text()))
  page.on('pageerror', (error) => complain(error.message))
  await page.goto(`${url}/${name}`, { waitUntil: 'load' })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.waitForFunction(
      (dark) => document.documentElement.classList.contains('dark') === dark,
      colorScheme === 'dark',
    )
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 })
      const needed = await page.evaluate(() => document.documentElement.scrollWidth)
      if (needed > width) complain(`is ${needed} px wide in a window of ${width}, ${colorScheme}`)
    }
  }
  return found
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Returns the file of a path, as any web server does: `/a/` is `a/index.html`, and `/a` is `a.html`. */
function fileOf(path: string): string {
  const file = decodeURIComponent(path)
    .replace(/^\/+/, '')
    .replace(/(?<=^|\/)$/, 'index')
  return extname(file) in contentTypes ? file : `${file}.html`
}

function deadLinks(page: string): string[] {
  const links = [...html(page).matchAll(/<a [^>]*href="([^"]+)"/g)].map(([, href = '']) =>
    href.replaceAll('&amp;', '&'),
  )
  return links.filter((href) => !/^[a-z]+:/.test(href) && !isAlive(page, href)).map((href) => `${page}: ${href}`)
}

function isAlive(page: string, href: string): boolean {
  const [path = '', anchor = ''] = href.split('#')
  const file =
    path === '' ? page : fileOf(posix.resolve('/', posix.dirname(page), path) + (path.endsWith('/') ? '/' : ''))
  if (file === 'api/index.html') return existsSync(join(dist, file))
  if (!pages.includes(file)) return false
  return anchor === '' || html(file).includes(` id="${decodeURIComponent(anchor)}"`)
}

const texts = new Map<string, string>()

function html(page: string): string {
  const known = texts.get(page) ?? readFileSync(join(dist, page), 'utf8')
  texts.set(page, known)
  return known
}
