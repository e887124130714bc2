// The limits of every figure: no proxy at all, and the least that a Node program with two hops costs.
import { fileURLToPath } from 'node:url'
import { freePort } from '../processes.mjs'
import { certificate } from './certificate.mjs'

const relay = fileURLToPath(new URL('../programs/plain-relay.mjs', import.meta.url))

export const direct = {
  id: 'direct',
  title: 'direct',
  kind: 'limit',
  udp: true,
  groups: ['bulk', 'latency', 'http', 'udp', 'path'],
  version: () => process.versions.node,
  async start({ targetPort, between, far }) {
    return { socks: false, targetPort, host: far.host, port: await between(targetPort) }
  },
}

export const relays = {
  id: 'relays',
  title: 'two plain Node relays',
  kind: 'limit',
  udp: false,
  groups: ['bulk', 'latency', 'http', 'channels'],
  version: () => process.versions.node,
  start: (place) => startRelays(place, [], []),
}

export const tlsRelays = {
  ...relays,
  id: 'relays-tls',
  title: 'two plain Node relays, TLS between them',
  groups: ['bulk', 'latency'],
  async start(place) {
    const { cert, key } = await certificate()
    return startRelays(place, ['in', cert, key], ['out', cert, key])
  },
}

async function startRelays({ processes, targetPort, between }, innerSide, outerSide) {
  const [inner, port] = [await freePort(), await freePort()]
  await processes.start([process.execPath, relay, String(inner), String(targetPort), ...innerSide], inner)
  await processes.start([process.execPath, relay, String(port), String(await between(inner)), ...outerSide], port)
  return { socks: false, targetPort, port }
}
