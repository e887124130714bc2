// The targets behind the proxy: an echo, a source that never ends, and a sink that never reads.
import { once } from 'node:events'
import { createServer } from 'node:net'

const chunk = Buffer.alloc(65_536, 'x')

process.on('disconnect', () => process.exit())
process.send({
  echo: await listen(createServer({ noDelay: true }, (socket) => socket.pipe(socket))),
  source: await listen(createServer(pour)),
  sink: await listen(createServer({ pauseOnConnect: true })),
})

async function listen(server) {
  server.on('connection', (socket) => socket.on('error', () => socket.destroy()))
  server.listen(0, '127.0.0.1', 4096)
  await once(server, 'listening')
  return server.address().port
}

function pour(socket) {
  const fill = () => {
    while (socket.writable && socket.write(chunk));
  }
  socket.on('drain', fill)
  fill()
}
