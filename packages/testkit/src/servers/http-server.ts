import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { seededBytes } from '../seeded-bytes.js'
import { listenOnLoopback, type TestServer } from './tcp-server.js'

/** Largest body of `/bytes/N`: enough for a test, and small in memory. */
const maxBodyBytes = 256 * 1024 * 1024

export interface TestHttpServer extends TestServer {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string
  /** Method and target of each request so far, as `GET /bytes/3`. */
  readonly requests: readonly string[]
}

/**
 * A small web server: `/` a line of text, `/bytes/N` the first N bytes of seed 1, `/echo` the request's body,
 * `/headers` the request's headers as JSON, `/status/N` that status; 404 for the rest.
 */
export async function httpServer(): Promise<TestHttpServer> {
  const sockets = new Set<Socket>()
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    answer(request, response)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const listening = await listenOnLoopback(server, sockets)
  return Object.assign(listening, { url: `http://${listening.host}:${listening.port}`, requests })
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const [, page = '', argument = ''] = (request.url ?? '/').split('/')
  const number = Number(argument)
  if (page === '') return void response.end('it works\n')
  if (page === 'echo') return void request.pipe(response)
  if (page === 'headers') return void response.end(JSON.stringify(request.headers))
  if (page === 'status' && number >= 200 && number < 600) return void response.writeHead(number).end()
  if (page === 'bytes' && number <= maxBodyBytes) return void response.end(seededBytes(1).take(number))
  response.writeHead(404).end(`nothing at ${request.url}\n`)
}
