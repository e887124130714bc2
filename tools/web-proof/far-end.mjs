// The peers of the page: targets, a relay that cuts, and a WebSocket without LinkSocks for comparison. Its parent sends
// `{ serverPort }`, and gets the ports; `{ cut: true }` resets the WebSockets that pass through the relay.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { listen } from '@ls/transport'
import { BlockReader, blockBytes, makeBlock } from './blocks.mjs'

const hashOf = (bytes) => createHash('sha256').update(bytes).digest()

/** Opens a TCP port; resolves with it. */
async function open(onSocket) {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    onSocket(socket.on('error', () => {})),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

/** Answers a number of blocks, written as a line, with those blocks. */
async function sendBlocks(socket) {
  const [line] = await once(socket, 'data')
  // The relay may have cut the socket.
  await pipeline(Readable.from(blocks(Number(line))), socket).catch(() => {})
}

function* blocks(count) {
  for (let number = 0; number < count; number++) yield makeBlock(number)
}

/** Answers with the hash of the received bytes at their end. */
function hashBlocks(socket) {
  const whole = createHash('sha256')
  const reader = new BlockReader((block) => whole.update(hashOf(block)))
  socket.on('data', (chunk) => reader.add(chunk))
  socket.on('end', () => {
    reader.end()
    socket.end(whole.digest('hex'))
  })
}

/**
 * Sends as much as it can, and reports the number of bytes to the parent: this shows whether a reader that stops slows
 * it down.
 */
function sendEndlessly(socket) {
  // Small pieces, since a piece counts as sent only when all of it has left.
  const block = makeBlock(0).subarray(0, 65_536)
  const write = () => {
    while (socket.writable && socket.write(block));
  }
  const tell = setInterval(() => process.send({ sentBytes: socket.bytesWritten - socket.writableLength }), 100)
  socket.on('drain', write).on('close', () => clearInterval(tell))
  write()
}

/** Passes connections on, and can reset them. */
function cutting(port) {
  const passing = new Set()
  process.on('message', ({ cut }) => {
    if (cut !== true) return
    for (const socket of passing) socket.resetAndDestroy()
  })
  return open((socket) => {
    const onward = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }).on('error', () => {})
    passing.add(socket)
    socket.on('close', () => {
      passing.delete(socket)
      onward.destroy()
    })
    onward.on('close', () => socket.destroy())
    socket.pipe(onward).pipe(socket)
  })
}

/** Echoes messages over a WebSocket, without any protocol of LinkSocks. */
async function bareEcho() {
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    authorize: () => undefined,
    onTransport: (transport) => {
      transport.admit()
      transport.setHandler({
        onMessage: (message) => {
          if (!transport.send(message)) transport.pause()
        },
        onDrain: () => transport.resume(),
        onClose: () => {},
      })
    },
  })
  return listener.address().port
}

async function servePage(html) {
  const server = createHttpServer((_request, response) => response.setHeader('content-type', 'text/html').end(html))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

const [{ serverPort, html }] = await once(process, 'message')
process.send({
  ports: {
    blocks: await open((socket) => void sendBlocks(socket)),
    hash: await open(hashBlocks),
    endless: await open(sendEndlessly),
    echo: await open((socket) => socket.pipe(socket)),
    relay: await cutting(serverPort),
    bare: await bareEcho(),
    page: await servePage(html),
  },
  blockBytes,
})
process.on('disconnect', () => process.exit(0))
