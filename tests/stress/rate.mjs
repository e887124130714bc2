// How exactly a rate holds: 10 Mbit/s down for 10 s, over 1 and over 50 connections. `node tests/stress/rate.mjs`, after a build.
import { createServer } from 'node:net'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'

const seconds = 10
const bytesPerSecond = 1_250_000
const endless = createServer((socket) => {
  const chunk = Buffer.alloc(65_536)
  const fill = () => {
    while (socket.write(chunk));
  }
  socket.on('drain', fill).on('error', () => {})
  fill()
})
endless.listen(0, '127.0.0.1')
await new Promise((resolve) => endless.once('listening', resolve))

for (const connections of [1, 50]) {
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
  await server.listen()
  const token = server.addForwardToken('t', { policy: { rate: { down: bytesPerSecond } } })
  const client = new LinkSocksClient({ url: `ws://127.0.0.1:${server.address.port}`, token, socksPort: 0 })
  await client.start()
  const target = { host: '127.0.0.1', port: endless.address().port }
  const received = Array.from({ length: connections }, () => 0)
  const cpu = process.cpuUsage()
  const startedAtMs = performance.now()
  const sockets = await Promise.all(
    received.map(async (_, index) => {
      const socket = await connect({ proxy: client.socksAddress, target })
      socket.on('error', () => {}).on('data', (data) => (received[index] += data.length))
      return socket.resume()
    }),
  )
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000 - (performance.now() - startedAtMs)))
  const ratio = received.reduce((sum, bytes) => sum + bytes, 0) / (bytesPerSecond * seconds)
  const { user, system } = process.cpuUsage(cpu)
  const share = Math.min(...received) / Math.max(...received)
  const figures = {
    connections,
    ratio: ratio.toFixed(3),
    leastOfMost: share.toFixed(2),
    cpu: `${((user + system) / seconds / 1e4).toFixed(1)} %`,
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  for (const socket of sockets) socket.destroy()
  await client.close()
  await server.close()
}
endless.close()
process.exit(0)
