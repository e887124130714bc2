// The target of every measurement, in a process of its own: TCP and UDP on one port, which it reports to its parent. A
// connection begins with a letter and a number (4 bytes) that select what it does. d: writes of that size without end ·
// u: reads without end · e: echo · c: that many bytes, then the end. A connection may also begin with an HTTP request,
// which gets 1 KiB. Datagrams come back unchanged.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { payloadChunks } from '../load/payload.mjs'
import { pour } from '../load/pour.mjs'

const headerBytes = 5
const httpBody = 'x'.repeat(1024)
const httpAnswer = `HTTP/1.1 200 OK\r\nContent-Length: ${httpBody.length}\r\n\r\n${httpBody}`
/**
 * Enough for the datagrams that a load has in flight; with the default, this program would lose some of them, not the
 * proxy.
 */
const datagramBufferBytes = 4 * 1024 * 1024

let receivedBytes = 0
const server = createServer({ noDelay: true, allowHalfOpen: true }, serve).listen(0, process.argv[2], 4096)
await once(server, 'listening')
const { port } = server.address()
const datagrams = createSocket({ type: 'udp4', recvBufferSize: datagramBufferBytes }).bind(port, '127.0.0.1')
datagrams.on('message', (bytes, { port, address }) => datagrams.send(bytes, port, address))
await once(datagrams, 'listening')

process.on('message', () => process.send({ receivedBytes }))
process.on('disconnect', () => process.exit())
process.send({ port })

function serve(socket) {
  let head = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('end', () => socket.end())
  socket.on('data', function begin(chunk) {
    head = Buffer.concat([head, chunk])
    if (head.length < headerBytes) return
    socket.off('data', begin)
    answer(socket, String.fromCharCode(head[0]), head.readUInt32BE(1))
    // Bytes after the head belong to the selected service.
    const rest = head[0] === httpLetter ? head : head.subarray(headerBytes)
    if (rest.length > 0) socket.emit('data', rest)
  })
}

/** The first letter of GET. */
const httpLetter = 0x47

function answer(socket, wanted, bytes) {
  if (wanted === 'd') pour(socket, bytes)
  else if (wanted === 'u') socket.on('data', (chunk) => (receivedBytes += chunk.length))
  else if (wanted === 'e') socket.on('data', (chunk) => socket.write(chunk))
  else if (wanted === 'c') socket.end(payloadChunks(bytes)[0])
  else socket.on('data', (chunk) => answerHttp(socket, chunk))
}

/** Loads send a request in one piece and wait for its answer. */
function answerHttp(socket, chunk) {
  if (chunk.includes('Connection: close')) socket.end(httpAnswer)
  else socket.write(httpAnswer)
}
