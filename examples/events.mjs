// Typed events, signals that cancel a start, and a close that lets open connections finish.
import { once } from 'node:events'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer, ServerError } from '@ls/server'

const server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
server.on('listening', ({ host, port }) => console.log(`listening on ${host}, port ${port > 0 ? 'chosen' : 'none'}`))
server.on('clientConnected', ({ kind }) => console.log(`a ${kind} client has come`))
server.on('clientDisconnected', ({ kind }, reason) => console.log(`a ${kind} client has gone: ${reason}`))
server.on('clientRefused', (_remoteAddress, reason) => console.log(`a client was refused: ${reason}`))

const token = server.addForwardToken()
try {
  server.addForwardToken(token)
} catch (error) {
  if (!(error instanceof ServerError)) throw error
  console.log(`${error.code}: ${error.message}`)
}
await server.listen({ signal: AbortSignal.timeout(5000) })
const url = `ws://127.0.0.1:${server.address?.port}`

const stranger = new LinkSocksClient({ url, token: 'wrong', proxy: { port: 0 } })
await stranger.start({ signal: AbortSignal.timeout(5000) }).catch((error) => console.log(error.code))

const client = new LinkSocksClient({ url, token, proxy: { port: 0 } })
client.on('linkUp', (resumed) => console.log(resumed ? 'the link is back' : 'the link is up'))
client.on('linkDown', (reason) => console.log(`the link is down: ${reason}`))
const connected = once(server, 'clientConnected')
await client.start()
await connected

await server.removeToken(token)
console.log(`the client has ended: ${(await client.closed)?.message}`)
await server.close({ graceMs: 1000 })
