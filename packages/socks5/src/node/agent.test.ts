import { connect as dialTcp } from 'node:net'
import { pipeline } from 'node:stream'
import { describeAgents } from '@ls/testkit'
import { onTestFinished } from 'vitest'
import { createAgents, createUndiciConnect } from './agent.js'
import { connect, type Proxy } from './connect.js'
import { createServer } from './create-server.js'

describeAgents<Proxy & { readonly password: string }>({
  open: async () => {
    const asked: string[] = []
    const server = createServer({ accounts: [{ username: 'ada', password: 'secret' }] }, ({ destination }, reply) => {
      asked.push(destination.host)
      const target = dialTcp({ host: '127.0.0.1', port: destination.port, allowHalfOpen: true })
      target.once('error', (error) => reply.reject(error))
      target.once('connect', () => {
        const client = reply.accept()
        pipeline(client, target, client, () => {})
      })
    })
    const address = await server.listen({ port: 0 })
    onTestFinished(() => server.close())
    return { proxy: { ...address, username: 'ada', password: 'secret' }, asked }
  },
  withWrongPassword: (proxy) => ({ ...proxy, password: 'wrong' }),
  wrongPassword: 'ERR_SOCKS_AUTH_FAILED',
  createAgents,
  connect,
  createUndiciConnect,
})
