// One hop of what any Node program has to pay: node plain-relay.mjs PORT TARGET-PORT
import { connect, createServer } from 'node:net'

const [port, target] = process.argv.slice(2).map(Number)

createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  near.on('error', () => far.destroy()).pipe(far)
  far.on('error', () => near.destroy()).pipe(near)
}).listen(port, '127.0.0.1')
