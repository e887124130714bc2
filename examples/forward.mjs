// Forward: a proxy at the client, the network at the server. Both run here, in one process.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'

const target = createServer((socket) => socket.end('hello from the target\n')).listen(0, '127.0.0.1')
await once(target, 'listening')
const { port: targetPort } = /** @type {import('node:net').AddressInfo} */ (target.address())

const server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
const token = server.addForwardToken()
await server.listen()

const client = new LinkSocksClient({ url: `ws://127.0.0.1:${server.address?.port}`, token, proxy: { port: 0 } })
await client.start()

const socket = await connect({
  proxy: { host: '127.0.0.1', port: client.socksAddress?.port ?? 0 },
  target: { host: 'localhost', port: targetPort },
})
for await (const chunk of socket) process.stdout.write(chunk)

// Without a grace, connections that are just ending would be cut.
await server.close({ graceMs: 1000 })
await client.close()
target.close()
