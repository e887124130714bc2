// One hop, as cheap as in any Node program: node plain-relay.mjs PORT TARGET-PORT [in|out CERT KEY]. `in` accepts TLS
// from its clients, `out` connects to its target with TLS; two of them are the limit for wss.
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'

const [port, target] = process.argv.slice(2, 4).map(Number)
const [side, certificate, key] = process.argv.slice(4)
const options = { noDelay: true, allowHalfOpen: true }
const pem = certificate === undefined ? {} : { cert: readFileSync(certificate), key: readFileSync(key) }

const server = side === 'in' ? createTlsServer({ ...options, ...pem }, relay) : createServer(options, relay)
server.listen(port, '127.0.0.1')

function relay(near) {
  const place = { ...options, port: target, host: '127.0.0.1' }
  const far = side === 'out' ? connectTls({ ...place, ca: pem.cert, servername: 'localhost' }) : connect(place)
  near.on('error', () => far.destroy()).pipe(far)
  far.on('error', () => near.destroy()).pipe(near)
}
