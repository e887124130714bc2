// Other programs of this kind, each configured as its users do for SOCKS over WebSocket.
import { writeFileSync } from 'node:fs'
import { freePort } from '../processes.mjs'
import { scratchFile } from '../scratch.mjs'
import { askVersion, findProgram } from './find.mjs'

const install = 'run tools/bench/install-peers.sh, which says what it could not get'

const chisel = peer('chisel', ['--version'], {
  id: 'chisel',
  title: 'chisel',
  udp: false,
  server: (link, host) => ['server', '--host', host, '--port', link, '--socks5'],
  client: (link, port, host) => ['client', `http://${host}:${link}`, `127.0.0.1:${port}:socks`],
})

// Built from its library: see tools/bench/peers.
const gost = peer('gost', ['-V'], {
  id: 'gost',
  title: 'gost',
  udp: true,
  // Datagrams need a listener at the far end, in gost's terms.
  server: (link, host) => ['-L', `relay+ws://${host}:${link}?bind=true`],
  client: (link, port, host) => ['-L', `socks5://127.0.0.1:${port}?udp=true`, '-F', `relay+ws://${host}:${link}`],
})

const wstunnel = peer('wstunnel', ['--version'], {
  id: 'wstunnel',
  title: 'wstunnel',
  udp: true,
  server: (link, host) => ['server', `ws://${host}:${link}`],
  client: (link, port, host) => ['client', '-L', `socks5://127.0.0.1:${port}`, `ws://${host}:${link}`],
})

const v2ray = peer('v2ray', ['-version'], {
  id: 'v2ray',
  title: 'v2ray (socks over ws)',
  // Without mux, datagrams do not go through the WebSocket.
  udp: false,
  server: (link, host) => ['-config', writeConfig(v2rayServer(link, host))],
  client: (link, port, host) => ['-config', writeConfig(v2rayClient(link, port, host, { enabled: false }))],
})

const v2rayMux = {
  ...v2ray,
  id: 'v2ray-mux',
  title: 'v2ray (socks over ws, mux)',
  udp: true,
  start: (place) =>
    startPair(findProgram('v2ray'), place, {
      server: (link, host) => ['-config', writeConfig(v2rayServer(link, host))],
      client: (link, port, host) => [
        '-config',
        writeConfig(v2rayClient(link, port, host, { enabled: true, concurrency: 8 })),
      ],
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

async function startPair(program, { processes, targetPort, between, far }, { server, client }) {
  const [link, port] = [await freePort(), await freePort()]
  await processes.start([...far.prefix, program, ...server(String(link), far.host)], link, {}, far.host)
  await processes.start([program, ...client(String(await between(link)), String(port), far.host)], port)
  return { socks: true, targetPort, port }
}

function v2rayServer(link, host) {
  return {
    log: { loglevel: 'warning' },
    inbounds: [{ ...socksInbound(link, host), streamSettings: { network: 'ws' } }],
    outbounds: [{ protocol: 'freedom' }],
  }
}

function v2rayClient(link, port, host, mux) {
  const servers = [{ address: host, port: Number(link) }]
  return {
    log: { loglevel: 'warning' },
    inbounds: [socksInbound(port, '127.0.0.1')],
    outbounds: [{ protocol: 'socks', settings: { servers }, streamSettings: { network: 'ws' }, mux }],
  }
}

function socksInbound(port, listen) {
  const settings = { auth: 'noauth', udp: true, ip: '127.0.0.1' }
  return { listen, port: Number(port), protocol: 'socks', settings }
}

function writeConfig(config) {
  const path = scratchFile('config.json')
  writeFileSync(path, JSON.stringify(config))
  return path
}
