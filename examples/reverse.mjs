// Reverse: a proxy at the server, the network at a provider that may be behind NAT.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'

const target = createServer((socket) => socket.end('hello from behind the provider\n')).listen(0, '127.0.0.1')
await once(target, 'listening')
const { port: targetPort } = /** @type {import('node:net').AddressInfo} */ (target.address())

const server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
// Port 0 is any free port. It opens when the first provider has connected.
const { token } = server.addReverseToken({ socksPort: 0, username: 'ada', password: 'secret' })
await server.listen()

const listening = once(server, 'socksListening')
const provider = new LinkSocksClient({ url: `ws://127.0.0.1:${server.address?.port}`, token, role: 'provider' })
await provider.start()
const [{ host, port }] = await listening

const proxy = { host, port, username: 'ada', password: 'secret' }
const socket = await connect({ proxy, target: { host: 'localhost', port: targetPort } })
for await (const chunk of socket) process.stdout.write(chunk)

// Without a grace, connections that are just ending would be cut.
await server.close({ graceMs: 1000 })
await provider.close()
target.close()
