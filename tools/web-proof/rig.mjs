// A server, a far end and a browser with a page that has `@ls/web`.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const token = 'proof'

/** Starts all programs; `close` ends them. */
export async function startRig({ serverArguments = [] } = {}) {
  const server = await startServer(serverArguments)
  const farEnd = fork(here('far-end.mjs'))
  const html = `<!doctype html><meta charset="utf-8"><title>proof</title><script>${await pageScript()}</script>`
  farEnd.send({ serverPort: server.port, html })
  const [{ ports }] = await once(farEnd, 'message')
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${ports.page}/`)
  const cdp = await page.context().newCDPSession(page)
  return {
    ports,
    farEnd,
    page,
    cdp,
    server: server.child,
    /** Runs a function of the page over a link that can be cut. */
    run: (name, options = {}) => page.evaluate(inPage, { name, options, port: ports.relay, token }),
    /** The same over a link without the hop that cuts, which costs time of its own. */
    runDirectly: (name, options = {}) => page.evaluate(inPage, { name, options, port: server.port, token }),
    async close() {
      await browser.close()
      farEnd.kill()
      server.child.kill()
    },
  }
}

/** Runs in the page: opens a link to the port unless there is one, and calls the function. */
async function inPage({ name, options, port, token }) {
  globalThis.links ??= new Map()
  const link = globalThis.links.get(port) ?? (await globalThis.proof.connect(`ws://127.0.0.1:${port}`, { token }))
  globalThis.links.set(port, link)
  return globalThis.proof[name]({ link, ...options })
}

async function startServer(more) {
  const command = here('../../apps/cli/bin/linksocks.js')
  const options = ['server', '-H', '127.0.0.1', '-P', '0', '-t', token, '--guard', 'none', ...more]
  const child = spawn(process.execPath, [command, ...options], { stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1]
    if (port === undefined) continue
    return { child, port: Number(port) }
  }
  throw new Error('the server did not start')
}

async function pageScript() {
  const { outputFiles } = await build({
    entryPoints: [here('page.mjs')],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
  })
  return outputFiles[0].text
}
