// Autonomy: each provider decides who reaches its network, with connector tokens of its own.
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'

const server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
const { token } = server.addReverseToken({ socksPort: 'none', allowManageConnector: true })
await server.listen()
const url = `ws://127.0.0.1:${server.address?.port}`

const alice = new LinkSocksClient({ url, token, role: 'provider' })
const bob = new LinkSocksClient({ url, token, role: 'provider' })
await alice.start()
await bob.start()
const connectorToken = await alice.addConnector()

// A provider cannot remove the token of another provider.
await bob.removeConnector(connectorToken).catch((error) => console.log(`bob: ${error.message}`))

const connector = new LinkSocksClient({ url, token: connectorToken, role: 'connector', proxy: { port: 0 } })
const partners = new Promise((resolve) => connector.once('partners', resolve))
await connector.start()
console.log(`the connector reaches ${await partners} of 2 providers`)

await alice.removeConnector(connectorToken)
// The server has closed its link, and refuses its token from now on.
const end = await connector.closed
console.log(`the connector has ended: ${end?.message}`)

await alice.close()
await bob.close()
await server.close()
