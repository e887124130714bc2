import { writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { LinkSocksClient } from '@ls/client'
import { connect } from '@ls/socks5/node'
import { freePort, requireProgram, type TestTcpServer, tcpServer } from '@ls/testkit'
import { chromium, type Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { Program } from './program.js'

// The overview of a server in use. `pnpm pictures:dashboard` writes its picture to docs/pictures.

const program = requireProgram('chromium')
const isDrawing = process.env['MODE'] === 'pictures'

/** Time in which the plot fills a fifth of its five minutes. */
const drawingMs = 70_000
const testTimeoutMs = 180_000

test.runIf(program !== undefined)(
  'the map of the overview shows what goes to targets and what goes to providers',
  { timeout: testTimeoutMs },
  async () => {
    const port = await freePort()
    await new Program('server', '-k', 'key', '-H', '127.0.0.1', '-P', String(port), '--guard', 'none').printed(
      /listening/,
    )
    const target = closing(await steadySource())
    await useServer(port, target)
    const page = await signedIn(port)
    const busy = page.locator('.map .node.busy')
    await expect
      .poll(() => busy.allTextContents(), { timeout: testTimeoutMs })
      .toEqual([
        expect.stringContaining('Clients') as string,
        expect.stringContaining('Targets') as string,
        expect.stringContaining('Providers') as string,
      ])
    if (isDrawing) await draw(page)
  },
)

/** Starts clients of three tokens, and a connector with its provider, with some downloads each. */
async function useServer(port: number, target: TestTcpServer): Promise<void> {
  const url = `ws://127.0.0.1:${port}`
  const reverse = await postToken(port, { type: 'reverse', policy: { name: 'office' } })
  await closing(new LinkSocksClient({ url, token: reverse, role: 'provider' })).start()
  const connector = await postToken(port, { type: 'connector', reverse_token: reverse, policy: { name: 'laptop' } })
  const forward = await Promise.all(
    ['ada', 'grace', 'linus'].map((name) => postToken(port, { type: 'forward', policy: { name } })),
  )
  for (const token of [...forward, connector]) {
    const role = token === connector ? 'connector' : 'client'
    const client = closing(new LinkSocksClient({ url, token, role, proxy: { port: 0 } }))
    await client.start()
    const proxy = client.socksAddress ?? { host: '', port: 0 }
    for (let each = 0; each < 6; each++) await download(proxy, target)
  }
}

async function download(proxy: { host: string; port: number }, { port }: TestTcpServer): Promise<void> {
  const socket: Socket = await connect({ proxy, target: { host: '127.0.0.1', port } })
  afterTest(() => socket.destroy())
  socket.on('error', () => {}).resume()
  const asking = setInterval(() => socket.write(Buffer.alloc(4096)), 250)
  afterTest(() => clearInterval(asking))
}

/** Sends about 16 KiB each 40 ms to each client. */
function steadySource(): Promise<TestTcpServer> {
  return tcpServer((socket) => {
    const sending = setInterval(() => socket.write(Buffer.alloc(8192 + Math.random() * 16_384)), 40)
    socket
      .on('error', () => {})
      .on('close', () => clearInterval(sending))
      .resume()
  })
}

async function postToken(port: number, body: object): Promise<string> {
  const headers = { 'X-API-Key': 'key', 'Content-Type': 'application/json' }
  const answer = await fetch(`http://127.0.0.1:${port}/api/token`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  return ((await answer.json()) as { token: string }).token
}

async function signedIn(port: number): Promise<Page> {
  const browser = await chromium.launch({ ...(program && { executablePath: program }), args: ['--no-sandbox'] })
  afterTest(() => browser.close())
  const page = await browser.newPage({ locale: 'en', viewport: { width: 1180, height: 800 } })
  await page.goto(`http://127.0.0.1:${port}/dashboard/`)
  await page.fill('#key', 'key')
  await page.keyboard.press('Enter')
  return page
}

async function draw(page: Page): Promise<void> {
  await page.waitForTimeout(drawingMs)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const picture = await page.screenshot()
    await writeFile(new URL(`../../docs/pictures/dashboard-${colorScheme}.png`, import.meta.url), picture)
  }
}
