// Our programs and the deployed ones, which speak the LinkSocks protocol and accept the same flags.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../processes.mjs'
import { certificate } from './certificate.mjs'
import { askVersion, interopPeers, repositoryRoot } from './find.mjs'

const builtProgram = join(repositoryRoot, 'apps/cli/bin/linksocks.js')
const token = ['-t', 'bench_token']
const connectorToken = 'bench_connector'

/** Our program in each of its modes. */
export function ourSystems(program = builtProgram) {
  const command = [process.execPath, program]
  const ours = { kind: 'ours', udp: true, version: () => askVersion(process.execPath, [program, 'version']) }
  return [
    { ...ours, id: 'linksocks', title: 'linksocks', program, start: (place) => startForward(command, place) },
    {
      ...ours,
      id: 'linksocks-wss',
      title: 'linksocks, wss',
      groups: ['bulk', 'latency'],
      missing: () => (knowsTls(program) ? undefined : 'this build has no --tls-cert'),
      start: (place) => startForward(command, place, { tls: true }),
    },
    {
      ...ours,
      id: 'linksocks-agent',
      title: 'linksocks, agent mode',
      groups: ['bulk', 'latency'],
      start: (place) => startAgent(command, place),
    },
  ]
}

/** Our program where the user is at the server and the provider at the far end, as `pnpm bench:path` measures it. */
export function reverseSystem(program = builtProgram) {
  const start = (place) => startReverse([process.execPath, program], place)
  return { ...ourSystems(program)[0], id: 'linksocks-reverse', title: 'linksocks, reverse mode', start }
}

/** Our program with a client that spreads its connections over four links. */
export function threadsSystem(program = builtProgram) {
  const start = (place) => startForward([process.execPath, program], place, { flags: ['--threads', '4'] })
  return { ...ourSystems(program)[0], id: 'linksocks-threads', title: 'linksocks, --threads 4', start }
}

/**
 * Agent mode through a server, by `ws` or `wss`, and with a direct path by `tcp` or `udp`; the server never carries
 * connections of those.
 */
export function pathSystems(program = builtProgram) {
  const command = [process.execPath, program]
  const system = (id, title, options) => ({ id, title, start: (place) => startAgent(command, place, options) })
  const direct = (protocol) => ({ protocol })
  return {
    ws: system('ws', 'server, ws', {}),
    wss: system('wss', 'server, wss', { tls: true }),
    tcp: system('tcp', 'direct, TCP', direct('tcp')),
    udp: system('udp', 'direct, UDP', direct('udp')),
  }
}

/** Another build of our program, to measure a change in one run. */
export function otherBuild(program) {
  const missing = () => (existsSync(program) ? undefined : `there is no ${program}`)
  return { ...ourSystems(program)[0], kind: 'build', id: 'other-build', title: 'linksocks, other build', missing }
}

const goVersion = '1.10.1'
const goCommand = [join(interopPeers, `go-${goVersion}/bin/python`), join(repositoryRoot, 'tests/interop/go-peer.py')]
const go = { kind: 'peer', udp: true, version: () => goVersion, missing: () => missingPeer(goCommand[0]) }

const pythonVersion = '1.5.1'
const pythonCommand = [join(interopPeers, `py-${pythonVersion}/bin/pywssocks`)]

export const deployedSystems = [
  { ...go, id: 'go', title: 'Go LinkSocks', start: (place) => startForward(goCommand, place) },
  {
    ...go,
    id: 'go-agent',
    title: 'Go LinkSocks, agent mode',
    groups: ['bulk', 'latency'],
    start: (place) => startAgent(goCommand, place),
  },
  {
    id: 'pywssocks',
    title: 'pywssocks',
    kind: 'peer',
    udp: true,
    version: () => pythonVersion,
    missing: () => missingPeer(pythonCommand[0]),
    start: (place) => startForward(pythonCommand, place),
  },
]

async function startForward(command, { processes, targetPort, between, far }, { tls = false, flags = [] } = {}) {
  const [link, port] = [await freePort(), await freePort()]
  const pem = tls ? await certificate() : undefined
  const tlsFlags = pem === undefined ? [] : ['--tls-cert', pem.cert, '--tls-key', pem.key]
  const trust = pem === undefined ? {} : { NODE_EXTRA_CA_CERTS: pem.cert }
  const server = [...far.prefix, ...command, 'server', ...token, ...serverPlace(far, link), ...tlsFlags]
  // The target is on the server's loopback, which the guard closes on a server that listens on other addresses too.
  await processes.start(server, link, { LINKSOCKS_GUARD: 'none' }, far.host)
  const url = `${tls ? 'wss://localhost' : `ws://${far.host}`}:${await between(link)}`
  await processes.start([...command, 'client', ...token, '-u', url, '-p', String(port), ...flags], port, trust)
  return { socks: true, targetPort, port }
}

async function startAgent(command, { processes, targetPort, between, far }, { tls = false, protocol } = {}) {
  const [link, port, unused] = [await freePort(), await freePort(), await freePort()]
  const pem = tls ? await certificate() : undefined
  const tlsFlags = pem === undefined ? [] : ['--tls-cert', pem.cert, '--tls-key', pem.key]
  const roles = ['-r', '-c', connectorToken, '-p', String(unused), ...tlsFlags]
  if (protocol !== undefined) roles.push('--direct-enable')
  const paths = ['--direct-mode', 'direct-only', '--direct-only-action', 'refuse', '--direct-protocol', protocol]
  const direct = protocol === undefined ? [] : paths
  const trust = pem === undefined ? {} : { NODE_EXTRA_CA_CERTS: pem.cert }
  await processes.start(
    [...far.prefix, ...command, 'server', ...token, ...serverPlace(far, link), ...roles],
    link,
    {},
    far.host,
  )
  const url = `${tls ? 'wss://localhost' : `ws://${far.host}`}:${await between(link)}`
  // A provider has a direct path only for a connector token that it has added itself.
  const own = direct.length > 0 ? ['-c', connectorToken, ...direct] : []
  await processes.start([...far.prefix, ...command, 'provider', ...token, '-u', url, ...own], link, trust, far.host)
  const connector = [...command, 'connector', '-t', connectorToken, '-u', url, '-p', String(port), ...direct]
  await processes.start(connector, port, trust)
  return { socks: true, targetPort, port }
}

async function startReverse(command, { processes, targetPort, between, far }) {
  const [link, port] = [await freePort(), await freePort()]
  const server = [
    ...command,
    'server',
    ...token,
    ...serverPlace({ host: far.nearHost }, link),
    '-r',
    '-p',
    String(port),
  ]
  await processes.start(server, link, {}, far.nearHost)
  const url = `ws://${far.nearHost}:${await between(link)}`
  await processes.start([...far.prefix, ...command, 'provider', ...token, '-u', url], port)
  return { socks: true, targetPort, port }
}

function serverPlace({ host }, port) {
  return ['-H', host, '-P', String(port)]
}

function missingPeer(path) {
  return existsSync(path) ? undefined : 'run tests/interop/install-peers.sh'
}

function knowsTls(program) {
  const help = execFileSync(process.execPath, [program, 'server', '--help'], { encoding: 'utf8' })
  return help.includes('--tls-cert')
}
