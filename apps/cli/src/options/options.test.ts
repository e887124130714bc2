import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@ls/foundation'
import { describe, expect, test } from 'vitest'
import { commandContext } from '../../testing/command-context.js'
import { parseCommandLine, type RunOf } from '../arguments/command-line.js'
import { runClient } from '../commands/client.js'
import type { CommandContext } from '../commands/context.js'
import { runServer } from '../commands/server.js'
import { UsageError } from '../errors.js'
import { clientOptions } from './client-options.js'
import { ownProxyOptions, serverOptions } from './server-options.js'
import { definedOnly } from './shared-options.js'

/** A path that only this process uses. */
const socketPath = join(tmpdir(), `linksocks-${process.pid}.sock`)

describe('serverOptions', () => {
  test('passes on every flag of the library', () => {
    const line =
      '-H ::1 -P 1 -s ::2 -i -k key --connector-wait-provider 2s --grace 1m -x http://h -f --udp-advertise a --no-batching --compression-threshold 0'
    const tls = '--tls-cert c.pem --tls-key k.pem --tls-client-ca ca.pem'
    const web =
      '--ws-path link --wisp --ws-host-name a.example --ws-host-name b.example --fallback http://site --trusted-proxy 10.0.0.1 --client-address-header forwarded --proxy-protocol --allow-ports 4000-4100 --allow-hosts a.example --direct-enable --expose-http-port 81 --expose-https-port 444 --expose-host ::3'
    const { windowBytes, replayLimitBytes, idleLimitMs, inbound, httpTransparent, httpMaxHeadBytes, ...rest } =
      proxyOptions
    const { routes, upstreamHeaders, guard, sendProxy, ...others } = rest
    expect(serverOptions(server(`${line} --access-rule 10.0.0.0/8:* ${proxyLine} ${tls} ${web}`))).toEqual({
      ...others,
      tls: { certFile: 'c.pem', keyFile: 'k.pem', clientCaFile: 'ca.pem' },
      path: 'link',
      wisp: true,
      hostNames: ['a.example', 'b.example'],
      fallback: 'http://site',
      trustedProxies: ['10.0.0.1'],
      clientAddressHeader: 'forwarded',
      proxyProtocol: true,
      host: '::1',
      port: 1,
      api: { key: 'key' },
      directPaths: true,
      batching: 'off',
      compressionThresholdBytes: 0,
      proxy: {
        inbound,
        httpTransparent,
        httpMaxHeadBytes,
        host: '::2',
        nowait: true,
        fastOpen: true,
        udp: { advertise: 'a' },
      },
      expose: { allowPorts: '4000-4100', allowHosts: ['a.example'], httpPort: 81, httpsPort: 444, host: '::3' },
      exit: { routes, upstreamHeaders, guard, sendProxy, upstreams: ['http://h'], access: ['10.0.0.0/8:*'] },
      limits: {
        windowBytes,
        replayLimitBytes,
        idleLimitMs,
        connectorWaitMs: 2000,
        graceMs: 60_000,
        maxGraceSessions: 4096,
        maxTokenGraceSessions: 1024,
        processBudgetBytes: 201_326_592,
      },
    })
  })

  test('treats --heartbeat 0 as no pings', () => {
    expect(serverOptions(server('--heartbeat 0'))).toMatchObject({ heartbeat: false })
  })

  test('refuses a heartbeat deadline that no ping precedes', () => {
    expect(() => serverOptions(server('--heartbeat 9s --heartbeat-deadline 9s'))).toThrow(
      '--heartbeat-deadline is 9s; it must be more than --heartbeat, 9s',
    )
  })

  test('omits absent values', () => {
    expect(serverOptions(server('')).api).toEqual({})
  })
})

/** Options that server and client share, besides their own. */
const proxyLine =
  '--route *.a=direct --route :25=reject --upstream-header X-A:{source} --inbound socks --http-transparent --http-max-head 1000 --window 4096 --replay-limit 65536 --without resume --heartbeat 1s --heartbeat-deadline 3s --idle-limit 5s --send-proxy v2 --guard private --dns-server 10.0.0.53 --dns-timeout 2s --allow-origin https://panel.example'
const proxyOptions = {
  allowOrigins: ['https://panel.example'],
  guard: 'private',
  dns: { servers: ['10.0.0.53'], timeoutMs: 2000 },
  windowBytes: 4096,
  replayLimitBytes: 65_536,
  extensions: ['window', 'fin', 'ack2', 'urgent'],
  heartbeat: { periodMs: 1000, timeoutMs: 3000 },
  idleLimitMs: 5000,
  sendProxy: 'v2',
  routes: ['*.a=direct', ':25=reject'],
  upstreamHeaders: { 'X-A': '{source}' },
  inbound: 'socks',
  httpTransparent: true,
  httpMaxHeadBytes: 1000,
}

describe('ownProxyOptions', () => {
  const account = { username: 'ada', password: 's' }

  test('are where traffic leaves at the server', () => {
    expect(ownProxyOptions(server('--listen ws://h/a -n n -w w'), [account])).toEqual({
      listen: ['ws://h/a'],
      accounts: [{ username: 'n', password: 'w' }, account],
    })
  })

  test.each(['-r --listen 1', ''])('are none with "%s"', (line) => {
    expect(ownProxyOptions(server(line), [account])).toEqual({ listen: [], accounts: [] })
  })
})

describe('clientOptions', () => {
  const line =
    '-u ws://h -t t --retry-auth -T 3 -E --transport-grace 9s --batching adaptive --compression-threshold 1000 --access-rule *:80'
  const link =
    '--proxy socks5://a --proxy http://b --tls-server-name name --tls-insecure --header X-A:b --early-data 2048'
  const ports =
    '-s ::2 -p 2 -n n -w w -i -f --forward 1=h:2 --udp-advertise a --socks-listen unix:/a --socks-listen [::1]:1 --account ada:s:x --tls-cert c.pem --tls-key k.pem --listen wss://[::1]:2/a'
  const exit = '-c c -x http://h --expose 3=h:4'
  const { routes, upstreamHeaders, guard, sendProxy, allowOrigins, ...more } = proxyOptions
  const { inbound, httpTransparent, httpMaxHeadBytes, ...shared } = more
  const { windowBytes, replayLimitBytes, idleLimitMs, ...ofLink } = shared
  const common = {
    ...ofLink,
    earlyDataBytes: 2048,
    serverProxies: ['socks5://a', 'http://b'],
    transport: { tls: { servername: 'name', rejectUnauthorized: false }, headers: { 'X-A': 'b' } },
    url: 'ws://h',
    fallbackUrls: [],
    token: 't',
    reconnect: { retryAuth: true },
    threads: 3,
    limits: { windowBytes, replayLimitBytes, idleLimitMs, graceMs: 9000 },
    proxyFromEnvironment: false,
    batching: 'adaptive',
    compressionThresholdBytes: 1000,
  }

  test('passes on every flag of the library to a client that opens ports', () => {
    expect(clientOptions(client(`${line} ${link} ${ports} ${exit} ${proxyLine}`))).toEqual({
      ...common,
      role: 'client',
      proxy: {
        inbound,
        httpTransparent,
        httpMaxHeadBytes,
        allowOrigins,
        access: ['*:80'],
        listen: ['unix:/a', '[::1]:1', 'wss://[::1]:2/a'],
        tls: { certFile: 'c.pem', keyFile: 'k.pem' },
        accounts: [
          { username: 'n', password: 'w' },
          { username: 'ada', password: 's:x' },
        ],
        host: '::2',
        port: 2,
        nowait: true,
        fastOpen: true,
        udp: { advertise: 'a' },
      },
      forwards: ['1=h:2'],
    })
  })

  test('passes on every flag of the library to a provider', () => {
    expect(clientOptions(client(`-r ${line} ${link} ${ports} ${exit} ${proxyLine}`))).toEqual({
      ...common,
      role: 'provider',
      exit: { routes, upstreamHeaders, guard, sendProxy, upstreams: ['http://h'], access: ['*:80'] },
      connectorTokens: ['c'],
      exposes: ['3=h:4'],
    })
  })

  test('does not reconnect with --no-reconnect', () => {
    expect(clientOptions(client('-R --retry-auth'))).toMatchObject({ reconnect: false })
  })

  test('is a connector where direct paths are asked for', () => {
    expect(clientOptions(client('--direct-mode auto'))).toMatchObject({ role: 'connector', direct: { mode: 'auto' } })
  })

  test('asks no router for a port unless --direct-upnp is given', () => {
    expect(clientOptions(client('--direct-mode auto --direct-upnp-lease 1m'))).toMatchObject({
      direct: { mode: 'auto', upnp: undefined },
    })
  })

  test('passes on the flags of UPnP', () => {
    const upnpLine = '--direct-upnp --direct-upnp-lease 1m --direct-upnp-keep --direct-upnp-external-port 700'
    expect(clientOptions(client(`--direct-mode auto ${upnpLine}`))).toMatchObject({
      direct: { upnp: { leaseMs: 60_000, keep: true, externalPort: 700 } },
    })
  })
})

describe('runClient', () => {
  test.each([
    ['-w w', '--socks-password needs --socks-username as well'],
    ['-n n', '--socks-username needs --socks-password as well'],
    [
      '--forward 80',
      '--forward: "80" is no fixed port; write PORT=HOST:PORT, ADDR:PORT=HOST:PORT, unix:PATH=HOST:PORT or udp:PORT=HOST:PORT',
    ],
    ['-r --forward 80=h:80', '--forward belongs where programs connect to: give it to a client or a connector'],
    ['--direct-upnp-lease 9s', '--direct-upnp-lease must be 0, or at least 10s'],
    ['--guard local', '--guard belongs where traffic leaves: give it to the server or to a provider'],
    ['--route *=direct', '--route belongs where traffic leaves: give it to the server or to a provider'],
    ['-r --route *', '--route: a route must be PATTERN=direct, PATTERN=reject or PATTERN=URL; one has no "="'],
    [
      '-r --upstream-header x',
      '--upstream-header: an upstream header must be "Name: value"; one has no name or no colon',
    ],
    [
      '--socks-listen host',
      '--socks-listen: "host" is no place to listen; write HOST:PORT, [IPV6]:PORT, unix:PATH or ws://HOST:PORT/PATH',
    ],
    ['--listen ws://h/a?b=1', '--socks-listen: "ws://h/a?b=1" has something behind its path; only ed= may be there'],
    ['--listen wss://h/a', '--socks-listen with wss:// needs --tls-cert and --tls-key'],
    ['--tls-cert c', '--tls-key missing: TLS needs a certificate and its key'],
    ['-u ws://h?ed=5000', '--url (-u): ws://h/socket has ed=5000; early data is 0 to 4096 bytes'],
    [
      '--proxy ws+https://h',
      '--proxy: upstream proxies speak socks5, socks5h, socks4, socks4a, http, https, and all but https in a WebSocket as well (ws+socks5, wss+http); not "ws+https"',
    ],
    [
      '-u ws+unix:///a --proxy socks5://a',
      '--proxy: --url (-u) is a UNIX socket of this machine, which no proxy leads to',
    ],
    ['--proxy socks5://', '--proxy: the upstream proxy socks5:// names no host'],
    ['--account ada', '--account number 1 is not NAME:PASSWORD'],
    ['--account ada:1 --account ada:2', 'user "ada" is listed twice'],
    ['-r --access-rule 80', '--access-rule: the access rule "80" is not ADDR:PORT, ADDR:LOW-HIGH or ADDR:*'],
  ])('refuses %s', async (line, message) => {
    await expect(runClient(client(line), commandContext())).rejects.toThrow(new UsageError(message))
  })
})

describe('runServer', () => {
  test.each(['-c token', '-a', '-r -a -c token', '-r -k key', '-r --guard local'])(
    'warns that %s has no effect',
    async (line) => {
      const { warnings, ...rest } = stopped()
      await runServer(server(`-H 127.0.0.1 -P 0 ${line}`), rest)
      expect(warnings).toEqual([expect.stringMatching(/has no effect/)])
    },
  )

  test('refuses a connector token that is the provider token too', async () => {
    await expect(runServer(server('-r -t same -c same'), commandContext())).rejects.toThrow(UsageError)
  })

  test('prints generated tokens, and how to use them', async () => {
    const { printed } = await serve('-r')
    expect(printed.map((line) => line.replaceAll(/[0-9a-f]{16,}/g, 'HEX').replace(/:\d+(?=\/'|$)/, ':N'))).toEqual([
      'listening: ws://127.0.0.1:N',
      'token: HEX',
      "next: linksocks provider 'ws://HEX@127.0.0.1:N/'",
      'connector token: HEX',
      "next: linksocks connector 'ws://HEX@127.0.0.1:N/'",
    ])
  })

  test.each([
    ['--ws-path link', 'ws://127.0.0.1:N/link', "client 'ws://HEX@127.0.0.1:N/link'"],
    [`-H unix:${socketPath}`, `ws+unix://${socketPath}`, `client -t HEX -u ws+unix://${socketPath}`],
  ])('prints the URL of %s', async (line, listening, next) => {
    const { printed } = await serve(line)
    const [first = '', , third = ''] = printed.map((text) =>
      text.replaceAll(/[0-9a-f]{32}/g, 'HEX').replace(/:\d+/, ':N'),
    )
    expect({ first, third }).toEqual({ first: `listening: ${listening}`, third: `next: linksocks ${next}` })
  })

  test.each(['-t given', '-k key', '-r -a -t given', '-r -t given -c given2'])(
    'prints no token for %s',
    async (line) => {
      const { printed } = await serve(line)
      expect(printed.filter((each) => !/^(?:listening|dashboard): /.test(each))).toEqual([])
    },
  )

  test('adds generated tokens to the redactor', async () => {
    const { printed, redactor } = await serve('')
    const token = printed[1]?.slice('token: '.length) ?? ''
    expect(redactor.clean(`seen ${token}`)).toBe('seen [redacted]')
  })
})

describe('definedOnly', () => {
  test('keeps false and 0', () => {
    expect(definedOnly({ a: false, b: 0, c: undefined })).toEqual({ a: false, b: 0 })
  })
})

/** Runs a server until it listens. */
async function serve(line: string) {
  const stop = new AbortController()
  const printed: string[] = []
  const running: CommandContext = {
    ...commandContext(),
    stop: stop.signal,
    print: (text) => {
      printed.push(text)
      // All its output comes in one turn, so it is complete before this ends the command.
      setImmediate(() => stop.abort())
    },
  }
  await runServer(server(`-H 127.0.0.1 -P 0 ${line}`), running)
  return { printed, redactor: running.redactor }
}

/** Context of a command that is requested to end before it has begun. */
function stopped(): CommandContext & { warnings: string[] } {
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (_fields: object, text = '') => void warnings.push(text) }
  return { ...commandContext(), logger, stop: AbortSignal.abort(), warnings }
}

function server(line: string) {
  return (parse('server', line) as RunOf<'server'>).settings
}

function client(line: string) {
  return (parse('client', line) as RunOf<'client'>).settings
}

function parse(command: string, line: string) {
  return parseCommandLine([command, ...line.split(' ').filter((word) => word !== '')], {})
}
