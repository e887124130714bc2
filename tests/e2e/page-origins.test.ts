import { fileURLToPath } from 'node:url'
import { LinkSocksServer } from '@ls/server'
import { echoServer, requireProgram } from '@ls/testkit'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { pageServer } from './chromium.js'
import { pageScript } from './page-script.js'

// Pages of two origins, and a server that names one of them with `allowOrigins`, in a real browser.

const program = requireProgram('chromium')
const webPackage = fileURLToPath(new URL('../../packages/web', import.meta.url))

/** Time for a browser to start on a busy machine, in milliseconds. */
const startMs = 60_000

describe.runIf(program !== undefined)('a server that names the origin of a page', { timeout: startMs }, () => {
  let browser: Browser
  let script: string

  beforeAll(async () => {
    const contents = "import { connect } from './src/index.ts'; globalThis.connect = connect"
    const launched = chromium.launch({ ...(program && { executablePath: program }), args: ['--no-sandbox'] })
    ;[browser, script] = await Promise.all([launched, pageScript(contents, webPackage)])
  }, startMs)
  afterAll(() => browser.close())

  /** A page of an origin of its own. */
  async function pageOfOrigin(): Promise<{ page: Page; origin: string }> {
    const { port } = closing(await pageServer(`<!doctype html><title>page</title><script>${script}</script>`))
    const page = await browser.newPage()
    afterTest(() => page.close())
    const origin = `http://localhost:${port}`
    await page.goto(origin)
    return { page, origin }
  }

  /** A page that the server names, a page that it does not name, and the data that both have. */
  async function serving() {
    const [named, other] = [await pageOfOrigin(), await pageOfOrigin()]
    const server = closing(
      new LinkSocksServer({
        host: '127.0.0.1',
        port: 0,
        exit: { guard: 'none' },
        api: { key: 'key' },
        allowOrigins: [named.origin],
      }),
    )
    const token = server.addForwardToken()
    await server.listen()
    const url = `http://127.0.0.1:${server.address?.port}`
    return { named, other, url, token, echo: closing(await echoServer()) }
  }

  test('lets it make a ticket by the API, and link with that', async () => {
    const { named, url, token, echo } = await serving()
    const answer = await named.page.evaluate(linkByTicket, { url, token, port: echo.port, origin: named.origin })
    expect(answer).toBe('ping')
  })

  test('answers no other page, whatever key it has', async () => {
    const { other, url, token, echo } = await serving()
    const answer = other.page.evaluate(linkByTicket, { url, token, port: echo.port, origin: other.origin })
    await expect(answer).rejects.toThrow('Failed to fetch')
  })

  test('lets no other page link, whatever token it has', async () => {
    const { other, url, token } = await serving()
    const linked = other.page.evaluate(
      ({ url, token }) => connect(url, { token, reconnect: false }).then(() => 'linked'),
      { url, token },
    )
    await expect(linked).rejects.toThrow('no WebSocket')
  })
})

/** Functions that `@ls/web` adds to the pages. */
declare function connect(url: string, options: object): Promise<PageLink>

interface PageLink {
  openTcp(target: object): { readable: ReadableStream<BufferSource>; writable: WritableStream<BufferSource> }
}

interface Wish {
  readonly url: string
  readonly token: string
  readonly port: number
  readonly origin: string
}

/** Runs in a page: creates a ticket for its origin, links with it, and sends a request to the echo. */
async function linkByTicket({ url, token, port, origin }: Wish): Promise<string> {
  const made = await fetch(`${url}/api/ticket`, {
    method: 'POST',
    headers: { 'x-api-key': 'key', 'content-type': 'application/json' },
    body: JSON.stringify({ token, allow: [`127.0.0.1:${port}`], origin }),
  })
  const { ticket } = (await made.json()) as { ticket: string }
  const link = await connect(url, { token: ticket })
  const { readable, writable } = link.openTcp({ host: '127.0.0.1', port })
  const writer = writable.getWriter()
  await writer.write(new TextEncoder().encode('ping'))
  await writer.close()
  return new Response(readable).text()
}
