// Targets of the server, in a process of their own: an echo, a sink that never reads, a drain that reads all, a source
// that never ends, a website, and a port that must not be reached. Reports their ports to its parent, and every
// forbidden access.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'

const chunk = Buffer.alloc(65_536, 'x')
const servers = {
  echo: createServer((socket) => socket.pipe(socket)),
  sink: createServer({ pauseOnConnect: true }),
  drain: createServer((socket) => socket.resume()),
  source: createServer(pour),
  website: createHttpServer(servePage),
  forbidden: createServer((socket) => socket.once('data', (bytes) => report('tcp', bytes)).resume()),
}

process.on('disconnect', () => process.exit())
const places = {}
for (const [name, server] of Object.entries(servers)) places[name] = await listen(server)
const datagrams = createSocket('udp4', (bytes) => report('udp', bytes)).bind(places.forbidden.port, '127.0.0.1')
await once(datagrams, 'listening')
process.send({ places })

async function listen(server) {
  server.on('connection', (socket) => socket.on('error', () => socket.destroy()))
  server.listen(0, '127.0.0.1', 4096)
  await once(server, 'listening')
  return { host: '127.0.0.1', port: server.address().port }
}

function servePage(request, response) {
  if (request.url.startsWith('/smuggled')) process.send({ fault: `the website was asked for ${request.url}` })
  request.resume().once('end', () => response.end(`page ${request.url}`))
}

function pour(socket) {
  const fill = () => {
    while (socket.writable && socket.write(chunk));
  }
  socket.on('drain', fill)
  fill()
}

function report(protocol, bytes) {
  process.send({
    fault: `the forbidden target was reached by ${protocol}: ${JSON.stringify(String(bytes).slice(0, 100))}`,
  })
}
