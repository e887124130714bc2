import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'

const chunk = Buffer.alloc(65_536, 'x')

/** What is reached through the server: an echo, a sink that never reads, a drain that reads all, a source that never ends, and a website. */
export class Targets {
  echo
  sink
  drain
  source
  website
  /** What the targets saw that must not be. */
  faults = []
  #servers = []

  static async start() {
    const targets = new Targets()
    targets.echo = await targets.#listen(createServer((socket) => socket.pipe(socket)))
    targets.sink = await targets.#listen(createServer({ pauseOnConnect: true }))
    targets.drain = await targets.#listen(createServer((socket) => socket.resume()))
    targets.source = await targets.#listen(createServer(pour))
    targets.website = await targets.#listen(createHttpServer((request, response) => targets.#serve(request, response)))
    return targets
  }

  stop() {
    for (const server of this.#servers) server.close()
  }

  #serve(request, response) {
    if (request.url.startsWith('/smuggled')) this.faults.push(`the website was asked for ${request.url}`)
    request.resume().once('end', () => response.end(`page ${request.url}`))
  }

  async #listen(server) {
    server.on('connection', (socket) => socket.on('error', () => socket.destroy()))
    server.listen(0, '127.0.0.1', 4096)
    await once(server, 'listening')
    this.#servers.push(server)
    return { host: '127.0.0.1', port: server.address().port }
  }
}

function pour(socket) {
  const fill = () => {
    while (socket.writable && socket.write(chunk));
  }
  socket.on('drain', fill)
  fill()
}
