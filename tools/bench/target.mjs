// The far end of every measurement, in a process of its own. The first byte says what is wanted:
// d: data down for ever · u: takes data for ever · e: echo · c: 10 KiB, then the end.
import { createServer } from 'node:net'

const chunk = Buffer.alloc(65_536, 7)

const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  socket.once('data', (first) => {
    const kind = String.fromCharCode(first[0])
    if (kind === 'd') pour(socket)
    else if (kind === 'u') socket.on('data', () => {})
    else if (kind === 'e') socket.on('data', (bytes) => socket.write(bytes))
    else socket.end(chunk.subarray(0, 10_240))
    if (kind === 'e' && first.length > 1) socket.write(first.subarray(1))
    socket.on('end', () => socket.end())
  })
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address().port))

function pour(socket) {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on('drain', more)
  more()
}
