// Agent: a connector reaches the network of a provider; the server in between passes messages on.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'

const target = createServer((socket) => socket.end('hello from behind the provider\n')).listen(0, '127.0.0.1')
await once(target, 'listening')
const { port: targetPort } = /** @type {import('node:net').AddressInfo} */ (target.address())

const server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
const { token: providerToken } = server.addReverseToken({ socksPort: 'none' })
const connectorToken = server.addConnectorToken({ reverseToken: providerToken })
await server.listen()
const url = `ws://127.0.0.1:${server.address?.port}`

const provider = new LinkSocksClient({ url, token: providerToken, role: 'provider' })
await provider.start()
const connector = new LinkSocksClient({ url, token: connectorToken, role: 'connector', proxy: { port: 0 } })
await connector.start()

const proxy = { host: '127.0.0.1', port: connector.socksAddress?.port ?? 0 }
const socket = await connect({ proxy, target: { host: 'localhost', port: targetPort } })
for (const { protocol, client } of server.channels()) console.log(`a ${protocol} channel of a ${client.kind}`)
for await (const chunk of socket) process.stdout.write(chunk)

// Without a grace, connections that are just ending would be cut.
await server.close({ graceMs: 1000 })
await connector.close()
await provider.close()
target.close()
