import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { freePort, httpServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { curl, hasCurl } from './curl.js'
import { Program } from './program.js'
import { temporaryFolder } from './temporary-folder.js'

interface SelfSigned {
  /** Words of the line that the server prints for the other machine, after the program's name. */
  readonly line: readonly string[]
  readonly server: Program
  readonly token: string
}

async function selfSigned(...flags: readonly string[]): Promise<SelfSigned> {
  const port = String(await freePort())
  const place = ['-H', '127.0.0.1', '-P', port, '--guard', 'none', '--state-folder', await temporaryFolder()]
  const server = new Program('server', '--tls-self-signed', ...place, ...flags)
  const [, line = ''] = await server.printed(/^next: \S+ \S+ (.*)\n/m)
  const [, token = ''] = await server.printed(/^token: (.*)\n/m)
  return { line: line.replaceAll("'", '').split(' '), server, token }
}

describe('the line that a server prints', () => {
  test.skipIf(!hasCurl)('makes a working tunnel on the other machine, with a pinned certificate', async () => {
    const { line } = await selfSigned()
    expect(line).toEqual(['client', expect.stringMatching(/^wss:\/\/[0-9a-f]+@/), '--tls-pin', expect.any(String)])
    const client = new Program(line[0] ?? '', ...line.slice(1), '-p', '0')
    const [, socks = ''] = await client.printed(/^proxy: (.*)$/m)
    const http = closing(await httpServer())
    expect((await curl('--socks5-hostname', socks, http.url)).body).toBe('it works\n')
  })

  test('shows the token in no log at -dd', async () => {
    const { line, server, token } = await selfSigned('-dd')
    const client = new Program(line[0] ?? '', ...line.slice(1), '-p', '0', '-dd')
    await client.printed(/^proxy: /m)
    const logs = server.output.split('\n').filter((each) => each.startsWith('['))
    const hash = createHash('sha256').update(token).digest('hex')
    const all = logs.join('\n') + client.output
    expect([token, hash].filter((secret) => all.includes(secret))).toEqual([])
  })

  test.skipIf(!existsSync('/proc/self/cmdline'))('is taken from the list of processes', async () => {
    const { line, token } = await selfSigned()
    const client = new Program(line[0] ?? '', ...line.slice(1), '-p', '0')
    await client.printed(/^proxy: /m)
    expect(readFileSync(`/proc/${client.pid}/cmdline`, 'utf8')).not.toContain(token)
  })

  test('comes as a QR code too', async () => {
    const { server } = await selfSigned('--qr')
    // The code may arrive in parts.
    const [code] = await server.printed(/(?:^[█▀▄ ]{30,}\n){20,}/m)
    expect(code.split('\n').length).toBeGreaterThan(20)
  })

  test('comes for a given token where --qr asks for it', async () => {
    const port = String(await freePort())
    const server = new Program('server', '-H', '127.0.0.1', '-P', port, '-t', 'given-token', '--qr')
    await server.printed(/^next: .+ client 'ws:\/\/given-token@127\.0\.0\.1:\d+\/'\n(?:[█▀▄ ]{30,}\n){15,}/m)
    expect(server.output).not.toMatch(/^token: /m)
  })
})

test('a server with another key is refused, with both pins named', async () => {
  const { line } = await selfSigned()
  const [role = '', url = '', , pin] = line
  const other = `sha256:${randomBytes(32).toString('base64')}`
  const client = new Program(role, url, '--tls-pin', other, '-p', '0', '--no-reconnect')
  expect(await client.exit()).toBe(1)
  expect(client.output).toContain(`its key is ${pin}, and pinned is ${other}: someone is in between`)
})

test.skipIf(!hasCurl)("curl's --pinnedpubkey takes the pin that the server prints", async () => {
  const { line } = await selfSigned()
  const [, url = '', , pin = ''] = line
  const place = url.replace(/^wss:\/\/[^@]*@/, 'https://')
  const answer = await curl('-k', '--pinnedpubkey', pin.replace(':', '//'), place)
  expect({
    right: answer.code,
    wrong: (await curl('-k', '--pinnedpubkey', `sha256//${'A'.repeat(43)}=`, place)).code,
  }).toEqual({ right: 0, wrong: 90 })
})
