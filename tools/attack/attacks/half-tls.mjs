import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { certificate } from '../../bench/systems/certificate.mjs'
import { openConnection } from '../strangers.mjs'

const connections = 6000
const batch = 100
const pauseMs = 20
const holdMs = 2000

export const halfTls = {
  id: 'half-tls',
  title: 'stranger: 6,000 TLS handshakes that stop after the first flight; the bystander makes one for each request',
  prepare: async ({ targets, port }) => {
    const { cert, key } = await certificate()
    const flags = ['--tls-cert', cert, '--tls-key', key, '--fallback', `http://127.0.0.1:${targets.website.port}`]
    return { flags, trusted: cert, bystander: { visits: `https://localhost:${port}` } }
  },
  run: async ({ port }) => {
    const hello = await clientHello()
    const sockets = []
    for (let count = 0; count < connections; count++) {
      const socket = openConnection(port)
      socket.write(hello)
      sockets.push(socket.resume())
      if (count % batch === batch - 1) await sleep(pauseMs)
    }
    await sleep(holdMs)
    for (const socket of sockets) socket.destroy()
  },
}

/** Returns the first bytes of a client: the server answers them with its certificate and a signature. */
function clientHello() {
  return new Promise((resolve) => {
    const write = (chunk, _encoding, done) => {
      resolve(Buffer.from(chunk))
      done()
    }
    connect({ socket: new Duplex({ read: () => {}, write }), servername: 'localhost' }).on('error', () => {})
  })
}
