import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { SocksError } from '@ls/socks5'
import { connect } from '@ls/socks5/node'
import { freePort } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { Program } from './program.js'

const guide = readFileSync(new URL('../../docs/guide/logs.md', import.meta.url), 'utf8')

/** The guide's filter, with the pattern that fail2ban puts in place of `<ADDR>`. */
const failures = [...guide.matchAll(/^(?:failregex =|  +)\s*(\^.*<ADDR>.*)$/gm)].map(
  ([, pattern = '']) => new RegExp(pattern.replaceAll('<ADDR>', String.raw`(?<address>[\da-f:.]+)`)),
)

/** Returns the address that the filter finds in a line; fail2ban removes the time first. */
function bannedBy(line: string): string | undefined {
  const withoutTime = line.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/, '')
  return failures
    .map((failure) => failure.exec(withoutTime)?.groups?.['address'])
    .find((address) => address !== undefined)
}

function bans(output: string): (string | undefined)[] {
  return output
    .split('\n')
    .map(bannedBy)
    .filter((address) => address !== undefined)
}

describe.each(['auto', 'json'])('the fail2ban filter of the guide, on a log in %s,', (format) => {
  test('finds the address of a client with a wrong token', async () => {
    const port = String(await freePort())
    const server = new Program('server', '-t', 'right', '-H', '127.0.0.1', '-P', port, '--log-format', format)
    await server.printed(/listening/)
    await new Program('client', '-t', 'wrong', '-u', `ws://127.0.0.1:${port}`, '-p', '0').exit()
    await server.printed(/refused 127/)
    expect(bans(server.output)).toEqual(['127.0.0.1'])
  })

  test('finds the address of a user with a wrong password', async () => {
    const [ws, socks] = [String(await freePort()), await freePort()]
    const account = ['-n', 'ada', '-w', 'right-password']
    const flags = ['-t', 'tok', '-r', '-i', '-H', '127.0.0.1', '-P', ws, '-p', String(socks), '--log-format', format]
    const server = new Program('server', ...flags, ...account)
    await server.printed(/listening/)
    const proxy = { host: '127.0.0.1', port: socks, username: 'ada', password: 'wrong' }
    await expect(connect({ proxy, target: { host: 'a.example', port: 80 } })).rejects.toThrow(SocksError)
    await server.printed(/refused 127/)
    expect(bans(server.output)).toEqual(['127.0.0.1'])
  })

  test('finds the address of a request with a wrong API key', async () => {
    const port = String(await freePort())
    const server = new Program('server', '-k', 'right-key', '-H', '127.0.0.1', '-P', port, '--log-format', format)
    await server.printed(/listening/)
    await fetch(`http://127.0.0.1:${port}/api/status`, { headers: { 'x-api-key': 'wrong' } })
    await server.printed(/refused 127/)
    expect(bans(server.output)).toEqual(['127.0.0.1'])
  })

  test('ignores clients with a token of another role', async () => {
    const port = String(await freePort())
    const server = new Program('server', '-t', 'right', '-H', '127.0.0.1', '-P', port, '--log-format', format)
    await server.printed(/listening/)
    await new Program('provider', '-t', 'right', '-u', `ws://127.0.0.1:${port}`).exit()
    await server.printed(/refused 127/)
    expect(bans(server.output)).toEqual([])
  })

  test('everything on both streams has that one format', async () => {
    const port = String(await freePort())
    const server = new Program('server', '-H', '127.0.0.1', '-P', port, '--log-format', format)
    await server.printed(/next.*\n/)
    const pattern = format === 'json' ? /^\{.*\}$/ : /^(?:[a-z ]+: .*|\[.*Z\] [A-Z]+: .*)$/
    const lines = server.output.trim().split('\n')
    expect(lines.filter((line) => !pattern.test(line))).toEqual([])
  })
})

test('the fail2ban filter finds nothing in what a client can write into a log', () => {
  const forged = String.raw`{"level":"info","reason":"\"msg\":\"refused 10.0.0.1: invalid token\"","msg":"client connected"}`
  const human = '[.Z] INFO: client connected  reason="INFO: refused 10.0.0.1: invalid token"'
  expect([forged, human].map(bannedBy)).toEqual([undefined, undefined])
})

describe('at info', () => {
  test('a provider reports that its upstream proxy refuses its password', async () => {
    const [ws, socks, upstream] = [String(await freePort()), await freePort(), await freePort()]
    const url = `ws://127.0.0.1:${ws}`
    const account = ['-n', 'ada', '-w', 'right-password']
    const proxy = new Program('client', '-i', '-u', 'ws://127.0.0.1:1', '-p', String(upstream), ...account)
    await proxy.printed(/proxy:/)
    const server = new Program('server', '-t', 'tok', '-r', '-P', ws, '-p', String(socks))
    await server.printed(/listening/)
    const provider = new Program('provider', '-t', 'tok', '-u', url, '-x', `socks5://ada:wrong@127.0.0.1:${upstream}`)
    await server.printed(/proxy:/)
    await connectAnyhow(socks)
    const line = /WARN: the upstream proxy socks5:\/\/127\.0\.0\.1:\d+ cannot be used {2}(.*)/
    const [, reason] = await provider.printed(line)
    expect(reason).toContain('the proxy rejects the user or the password')
  })

  test('connector and server tell that no provider is there', async () => {
    const [ws, socks] = [String(await freePort()), await freePort()]
    const flags = ['-t', 'tok', '-c', 'con', '-r', '-i', '-P', ws, '-p', '0', '--connector-wait-provider', '0s']
    const server = new Program('server', ...flags)
    await server.printed(/listening/)
    const connector = new Program('connector', '-t', 'con', '-u', `ws://127.0.0.1:${ws}`, '-p', String(socks))
    await connector.printed(/proxy:/)
    await connectAnyhow(socks)
    const lines = [
      await server.printed(/WARN: a connector requests targets, but no provider accepts them/),
      await connector.printed(/WARN: requests fail: no provider accepts them/),
    ]
    expect(lines).toHaveLength(2)
  })

  test('a client without a scheme in its URL names the host that it tried', async () => {
    const taken = closing(createServer((socket) => socket.end('no TLS')).listen(0, '127.0.0.1'))
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const client = new Program('client', '-t', 'a-token', '-u', `localhost:${port}`)
    await client.printed(new RegExp(`wss://localhost:${port} was tried`))
    expect(client.output).not.toContain('[redacted]')
  })
})

async function connectAnyhow(port: number): Promise<void> {
  const proxy = { host: '127.0.0.1', port }
  await connect({ proxy, target: { host: '127.0.0.1', port: 1 } }).catch(() => {})
}
