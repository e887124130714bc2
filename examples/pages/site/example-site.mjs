import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { LinkSocksServer } from '@ls/server'
import { bundleExample } from './bundle.mjs'

const folder = new URL('../', import.meta.url)

export const exampleNames = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'site')
  .map(({ name }) => name)

/**
 * Decision of a backend: the credentials of the page, and other data for it.
 *
 * @typedef {{ readonly token: string, readonly role?: string }} Visit
 * @typedef {{ link(wish: Record<string, any>): Visit, close?(): Promise<void> }} Backend
 */

/** A page, its backend, and a LinkSocks server, all on loopback. */
export class ExampleSite {
  /** @type {LinkSocksServer | undefined} */
  #server
  /** @type {Backend | undefined} */
  #backend
  #http = createServer((request, response) => {
    this.#answer(request, response).catch((error) => {
      response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' }).end(error.message)
    })
  })
  /** @type {Map<string, readonly [type: string, content: string]>} */
  #files

  /** @param {{ name: string, port?: number }} options `port` 0 takes any free one. */
  static async start({ name, port = 0 }) {
    const site = new ExampleSite(await bundleExample(new URL(`${name}/`, folder)))
    await site.#listen(port)
    await site.#open(name)
    return site
  }

  /** @param {Map<string, readonly [type: string, content: string]>} files */
  constructor(files) {
    this.#files = files
  }

  get url() {
    return `http://localhost:${portOf(this.#http)}/`
  }

  async close() {
    this.#http.close()
    this.#http.closeAllConnections()
    await this.#backend?.close?.()
    await this.#server?.close()
  }

  /** @param {number} port */
  async #listen(port) {
    this.#http.listen(port, '127.0.0.1')
    await once(this.#http, 'listening')
  }

  /** @param {string} name */
  async #open(name) {
    // The targets are on this machine, and a guard would close it to visitors.
    this.#server = new LinkSocksServer({
      host: '127.0.0.1',
      port: 0,
      exit: { guard: 'none' },
      allowOrigins: [new URL(this.url).origin],
    })
    await this.#server.listen()
    this.#backend = await startBackend(name, { server: this.#server, url: this.#serverUrl })
  }

  get #serverUrl() {
    return `ws://127.0.0.1:${this.#server?.address?.port}`
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async #answer(request, response) {
    // A name that resolves to this machine would make the page of another site one of ours (DNS rebinding).
    if (request.headers.host !== new URL(this.url).host) return response.writeHead(421).end()
    const [pathname = '/'] = (request.url ?? '/').split('?', 1)
    if (pathname === '/link') return this.#link(request, response)
    const [type, content] = this.#files.get(pathname) ?? []
    if (type === undefined) response.writeHead(404).end('not found')
    else response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(content)
  }

  /**
   * A page of another origin cannot send JSON without asking first, and nothing here allows it.
   *
   * @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response
   */
  async #link(request, response) {
    if (request.headers['content-type'] !== 'application/json') throw new TypeError('send JSON')
    const visit = this.#backend?.link(JSON.parse(await text(request)))
    const body = JSON.stringify({ server: this.#serverUrl, ...visit })
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  }
}

/**
 * @param {string} name
 * @param {{ server: LinkSocksServer, url: string }} where
 * @returns {Promise<Backend>}
 */
async function startBackend(name, where) {
  const file = new URL(`${name}/backend.mjs`, folder)
  const exists = await readFile(file).then(
    () => true,
    () => false,
  )
  return exists ? (await import(file.href)).startBackend(where) : ticketForTarget(where)
}

/** Lets each visitor reach the one target that it requests. @param {{ server: LinkSocksServer }} where */
function ticketForTarget({ server }) {
  const token = server.addForwardToken()
  return {
    /** @param {Record<string, any>} wish */
    link: ({ host, port }) => ({ token: server.tickets.make({ token, allow: [`${host}:${port}`] }).ticket }),
  }
}

/** @param {import('node:http').Server} server */
function portOf(server) {
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port
}
