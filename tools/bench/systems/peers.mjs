// Programs of the same trade, each set up as its users do for SOCKS over WebSocket.
import { writeFileSync } from 'node:fs'
import { freePort } from '../processes.mjs'
import { scratchFile } from '../scratch.mjs'
import { askVersion, findProgram } from './find.mjs'

const install = 'run tools/bench/install-peers.sh, which says what it could not get'

const chisel = peer('chisel', ['--version'], {
  id: 'chisel',
  title: 'chisel',
  udp: false,
  server: (link) => ['server', '--host', '127.0.0.1', '--port', link, '--socks5'],
  client: (link, port) => ['client', `http://127.0.0.1:${link}`, `127.0.0.1:${port}:socks`],
})

// Built around its library: see tools/bench/peers.
const gost = peer('gost', ['-V'], {
  id: 'gost',
  title: 'gost',
  udp: true,
  // Its datagrams take what it counts as a listener at the far end.
  server: (link) => ['-L', `relay+ws://127.0.0.1:${link}?bind=true`],
  client: (link, port) => ['-L', `socks5://127.0.0.1:${port}?udp=true`, '-F', `relay+ws://127.0.0.1:${link}`],
})

const wstunnel = peer('wstunnel', ['--version'], {
  id: 'wstunnel',
  title: 'wstunnel',
  udp: true,
  server: (link) => ['server', `ws://127.0.0.1:${link}`],
  client: (link, port) => ['client', '-L', `socks5://127.0.0.1:${port}`, `ws://127.0.0.1:${link}`],
})

const v2ray = peer('v2ray', ['-version'], {
  id: 'v2ray',
  title: 'v2ray (socks over ws)',
  // Without mux its datagrams go beside the WebSocket.
  udp: false,
  server: (link) => ['-config', writeConfig(v2rayServer(link))],
  client: (link, port) => ['-config', writeConfig(v2rayClient(link, port, { enabled: false }))],
})

const v2rayMux = {
  ...v2ray,
  id: 'v2ray-mux',
  title: 'v2ray (socks over ws, mux)',
  udp: true,
  start: (place) =>
    startPair(findProgram('v2ray'), place, {
      server: (link) => ['-config', writeConfig(v2rayServer(link))],
      client: (link, port) => ['-config', writeConfig(v2rayClient(link, port, { enabled: true, concurrency: 8 }))],
    }),
}

export const peerSystems = [chisel, gost, v2ray, v2rayMux, wstunnel]

function peer(name, versionArguments, { id, title, udp, ...roles }) {
  return {
    id,
    title,
    kind: 'peer',
    udp,
    missing: () => (findProgram(name) === undefined ? install : undefined),
    version: () => askVersion(findProgram(name), versionArguments),
    start: (place) => startPair(findProgram(name), place, roles),
  }
}

async function startPair(program, { processes, targetPort, between }, { server, client }) {
  const [link, port] = [await freePort(), await freePort()]
  await processes.start([program, ...server(String(link))], link)
  await processes.start([program, ...client(String(await between(link)), String(port))], port)
  return { socks: true, targetPort, port }
}

function v2rayServer(link) {
  return {
    log: { loglevel: 'warning' },
    inbounds: [{ ...socksInbound(link), streamSettings: { network: 'ws' } }],
    outbounds: [{ protocol: 'freedom' }],
  }
}

function v2rayClient(link, port, mux) {
  const servers = [{ address: '127.0.0.1', port: Number(link) }]
  return {
    log: { loglevel: 'warning' },
    inbounds: [socksInbound(port)],
    outbounds: [{ protocol: 'socks', settings: { servers }, streamSettings: { network: 'ws' }, mux }],
  }
}

function socksInbound(port) {
  const settings = { auth: 'noauth', udp: true, ip: '127.0.0.1' }
  return { listen: '127.0.0.1', port: Number(port), protocol: 'socks', settings }
}

function writeConfig(config) {
  const path = scratchFile('config.json')
  writeFileSync(path, JSON.stringify(config))
  return path
}
