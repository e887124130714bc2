import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { LinkSocksClient } from '@ls/client'
import { formatListenAddress } from '@ls/relay'
import { LinkSocksServer } from '@ls/server'
import { httpServer, onceEvent, requireProgram, seededBytes } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { proxyNet } from '../stress/proxy-net.js'
import { curl, hasCurl } from './curl.js'
import { servedRepository } from './git-repository.js'
import { reachedTargets } from './reached-targets.js'
import { runProgram } from './run-program.js'
import { temporaryFolder } from './temporary-folder.js'

const isMissing = (name: string): boolean => requireProgram(name) === undefined

/** A web server, and a client with a proxy port; `reached` lists the targets that were reached through it. */
async function net(client: Parameters<typeof proxyNet>[1] = {}) {
  const http = closing(await httpServer())
  const { logger, targets: reached } = reachedTargets()
  const { socks } = await proxyNet('forward', { ...client, server: { logger } })
  return { http, reached, target: `127.0.0.1:${http.port}`, proxy: `127.0.0.1:${socks.port}`, port: socks.port }
}

const account = { client: { proxy: { accounts: [{ username: 'ada', password: 's:e cret' }] } } }
const body = Buffer.from(seededBytes(1).take(300_000)).toString('utf8')

describe.skipIf(!hasCurl)('curl', () => {
  const kinds = [
    ['--socks4'],
    ['--socks4a'],
    ['--socks5'],
    ['--socks5-hostname'],
    ['-x', 'http'],
    ['--proxytunnel', '-x', 'http'],
  ]
  const optionsFor = (kind: readonly string[], proxy: string): string[] =>
    kind.at(-1) === 'http' ? [...kind.slice(0, -1), `http://${proxy}`] : [...kind, proxy]

  test.each(kinds)('fetches with %s %s %s', async (...kind) => {
    const { http, proxy, reached, target } = await net()
    expect(await curl(...optionsFor(kind, proxy), `${http.url}/bytes/300000`)).toMatchObject({ code: 0, body })
    expect(reached).toEqual([target])
  })

  test.each(kinds.filter(([kind]) => kind !== '--socks4' && kind !== '--socks4a'))(
    'fetches with %s %s %s and the right account',
    async (...kind) => {
      const { http, proxy } = await net(account)
      const { code } = await curl('--proxy-user', 'ada:s:e cret', ...optionsFor(kind, proxy), http.url)
      expect(code).toBe(0)
    },
  )

  test.each([
    ['--socks5', 97],
    ['--socks5-hostname', 97],
    ['--socks4', 97],
    ['--socks4a', 97],
  ])('is refused with %s and a wrong account', async (kind, code) => {
    const { http, proxy, reached } = await net(account)
    expect(await curl('--proxy-user', 'ada:wrong', kind, proxy, http.url)).toMatchObject({ code })
    expect(reached).toEqual([])
  })

  test.each(['--socks4', '--socks4a', '--socks5', '--socks5-hostname'])(
    'is refused with %s and no account where one is needed',
    async (kind) => {
      const { http, proxy, reached } = await net(account)
      expect(await curl(kind, proxy, http.url)).toMatchObject({ code: 97 })
      expect(reached).toEqual([])
    },
  )

  test.each([
    ['a wrong account', ['--proxy-user', 'ada:wrong']],
    ['no account', []],
  ])('is answered 407 with -x http and %s', async (_title, credentials) => {
    const { http, proxy, reached } = await net(account)
    const { body } = await curl(...credentials, '-i', '-x', `http://${proxy}`, http.url)
    expect(body).toMatch(/^HTTP\/1\.1 407 [\s\S]*Proxy-Authenticate: Basic realm="proxy"/i)
    expect(reached).toEqual([])
  })

  test('is answered 407 with --proxytunnel and a wrong account', async () => {
    const { http, proxy } = await net(account)
    const { error } = await curl('--proxy-user', 'ada:wrong', '--proxytunnel', '-x', `http://${proxy}`, http.url)
    expect(error).toMatch(/407/)
  })

  test('uploads with -x http as without', async () => {
    const { http, proxy } = await net()
    const { body } = await curl('-x', `http://${proxy}`, '--data-binary', 'x'.repeat(100_000), `${http.url}/echo`)
    expect(body).toHaveLength(100_000)
  })

  test('fetches by name with --socks4a, --socks5-hostname and -x http', async () => {
    const { http, proxy, reached } = await net()
    for (const kind of [['--socks4a'], ['--socks5-hostname'], ['-x', 'http']]) {
      await curl(...optionsFor(kind, proxy), `http://localhost:${http.port}/`)
    }
    expect(reached).toEqual(Array.from({ length: 3 }, () => `localhost:${http.port}`))
  })
})

describe.skipIf(!hasCurl)('a client with several listeners', () => {
  test('serves curl on both families and on a UNIX socket', async () => {
    const http = closing(await httpServer())
    const { logger, targets } = reachedTargets()
    const path = join(await temporaryFolder(), 'proxy.sock')
    const listen = ['127.0.0.1:0', '[::1]:0', `unix:${path}`]
    const { hops } = await proxyNet('forward', { client: { proxy: { listen } }, server: { logger } })
    const proxies = (hops[0]?.client.socksAddresses ?? []).map((address) =>
      'path' in address ? `socks5h://localhost${address.path}` : `http://${formatListenAddress(address)}`,
    )
    for (const proxy of proxies) expect(await curl('-x', proxy, http.url)).toMatchObject({ code: 0, error: '' })
    expect(targets).toHaveLength(listen.length)
  })

  test('serves them on a reverse token too', async () => {
    const http = closing(await httpServer())
    const path = join(await temporaryFolder(), 'proxy.sock')
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
    const accounts = [{ username: 'ada', password: 'secret' }]
    const { token } = server.addReverseToken({ socksListen: [`unix:${path}`], accounts })
    await server.listen()
    const listening = onceEvent(server, 'socksListening')
    const url = `ws://127.0.0.1:${server.address?.port}`
    await closing(new LinkSocksClient({ url, token, role: 'provider' })).start()
    expect(await listening).toEqual([{ path }, token])
    expect(await curl('-x', `socks5h://localhost${path}`, '-U', 'ada:secret', http.url)).toMatchObject({ code: 0 })
    expect(await curl('-x', `socks5h://localhost${path}`, '-U', 'ada:wrong', http.url)).toMatchObject({ code: 97 })
  })
})

describe.skipIf(isMissing('chromium'))('chromium', () => {
  test.each(['socks5', 'http'])(
    'loads a page with its sub-resources through %s',
    { timeout: 90_000 },
    async (scheme) => {
      const page = await pageServer()
      const { logger, targets } = reachedTargets()
      const { socks } = await proxyNet('forward', { server: { logger } })
      const { output } = await runProgram(
        'chromium',
        [
          '--headless',
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-sync',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-dev-shm-usage',
          `--user-data-dir=${await temporaryFolder()}`,
          `--proxy-server=${scheme}://127.0.0.1:${socks.port}`,
          // Chromium goes directly to loopback addresses unless told not to.
          '--proxy-bypass-list=<-loopback>',
          '--dump-dom',
          page.url,
        ],
        { timeoutMs: 80_000 },
      )
      expect(output).toContain('<p id="result">script ran; image 1 wide; margin 7px</p>')
      expect(new Set(targets)).toEqual(new Set([`127.0.0.1:${page.port}`]))
    },
  )
})

describe.skipIf(isMissing('git'))('git', () => {
  test.each(['socks5', 'socks5h', 'http'])('clones through %s', async (scheme) => {
    const { url, file } = await servedRepository()
    const { logger, targets } = reachedTargets()
    const { socks } = await proxyNet('forward', { server: { logger } })
    const copy = join(await temporaryFolder(), 'copy')
    const proxy = `http.proxy=${scheme}://127.0.0.1:${socks.port}`
    expect(await runProgram('git', ['-c', proxy, 'clone', '-q', url, copy])).toMatchObject({ code: 0 })
    expect(await readFile(join(copy, file.name), 'utf8')).toBe(file.text)
    expect(targets).not.toEqual([])
  })
})

describe.skipIf(isMissing('proxychains4') || !hasCurl)('proxychains4', () => {
  test.each(['socks4', 'socks5', 'http'])('runs a program through %s', async (kind) => {
    const { http, port, reached, target } = await net()
    const config = join(await temporaryFolder(), 'proxychains.conf')
    await writeFile(config, `strict_chain\n[ProxyList]\n${kind} 127.0.0.1 ${port}\n`)
    const { output } = await runProgram('proxychains4', ['-q', '-f', config, 'curl', '-sS', `${http.url}/bytes/300000`])
    expect(output).toBe(body)
    expect(reached).toEqual([target])
  })
})

describe.skipIf(isMissing('ncat'))('ncat', () => {
  test.each(['socks4', 'socks5', 'http'])('reaches a target with --proxy-type %s', async (kind) => {
    const { http, proxy, reached, target } = await net()
    const options = ['--proxy', proxy, '--proxy-type', kind, '127.0.0.1', String(http.port)]
    const { output } = await runProgram('ncat', options, { input: 'GET / HTTP/1.0\r\n\r\n' })
    expect(output).toContain('it works')
    expect(reached).toEqual([target])
  })

  test('shows its account with --proxy-auth', async () => {
    const { http, proxy } = await net({ client: { proxy: { accounts: [{ username: 'ada', password: 'secret' }] } } })
    const options = ['--proxy', proxy, '--proxy-type', 'socks5', '--proxy-auth', 'ada:secret', '127.0.0.1']
    const { output } = await runProgram('ncat', [...options, String(http.port)], { input: 'GET / HTTP/1.0\r\n\r\n' })
    expect(output).toContain('it works')
  })
})

describe.skipIf(isMissing('nc'))('nc', () => {
  test.each(['4', '5', 'connect'])('reaches a target with -X %s', async (kind) => {
    const { http, proxy, reached, target } = await net()
    const options = ['-X', kind, '-x', proxy, '127.0.0.1', String(http.port)]
    const { output } = await runProgram('nc', options, { input: 'GET / HTTP/1.0\r\n\r\n' })
    expect(output).toContain('it works')
    expect(reached).toEqual([target])
  })
})

describe.skipIf(isMissing('java'))('java', () => {
  test.each([
    ['SOCKS5', (port: number) => [`-DsocksProxyHost=127.0.0.1`, `-DsocksProxyPort=${port}`]],
    ['SOCKS4', (port: number) => [`-DsocksProxyHost=127.0.0.1`, `-DsocksProxyPort=${port}`, '-DsocksProxyVersion=4']],
    ['HTTP', (port: number) => ['-Dhttp.proxyHost=127.0.0.1', `-Dhttp.proxyPort=${port}`]],
  ])('fetches through %s', { timeout: 60_000 }, async (_kind, options) => {
    const { http, port, reached, target } = await net()
    const source = join(await temporaryFolder(), 'Fetch.java')
    await writeFile(source, fetchInJava)
    // Java goes directly to loopback addresses unless told not to.
    const properties = [...options(port), '-DsocksNonProxyHosts=', '-Dhttp.nonProxyHosts=']
    const { output, errors } = await runProgram('java', [...properties, source, `${http.url}/bytes/300000`], {
      timeoutMs: 50_000,
    })
    expect(`${output}${errors}`.trim()).toBe('300000 bytes')
    expect(reached).toEqual([target])
  })
})

const fetchInJava = `public class Fetch {
  public static void main(String[] args) throws Exception {
    try (var in = new java.net.URL(args[0]).openStream()) { System.out.println(in.readAllBytes().length + " bytes"); }
  }
}`

/** A page whose text says whether its script, style sheet and picture have loaded. */
async function pageServer(): Promise<{ readonly url: string; readonly port: number }> {
  const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
  const resources: Record<string, readonly [type: string, body: string | Buffer]> = {
    '/': ['text/html', pageText],
    '/style.css': ['text/css', '#result { margin-left: 7px }'],
    '/pixel.gif': ['image/gif', pixel],
    '/script.js': ['text/javascript', pageScript],
  }
  const server = createServer((request, response) => {
    const [type, body] = resources[request.url ?? ''] ?? ['text/plain', 'nothing here']
    response.writeHead(200, { 'content-type': type }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, port }
}

const pageText = `<!doctype html><link rel="stylesheet" href="/style.css"><img id="image" src="/pixel.gif">
<p id="result">nothing yet</p><script src="/script.js"></script>`

const pageScript = `addEventListener('load', () => {
  const result = document.getElementById('result')
  const { marginLeft } = getComputedStyle(result)
  result.textContent = 'script ran; image ' + document.getElementById('image').naturalWidth + ' wide; margin ' + marginLeft
})`
