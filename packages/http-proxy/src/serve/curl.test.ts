import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpServer, requireProgram, seededBytes, seededDigest, type TestHttpServer } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'

const curl = requireProgram('curl')
const accounts = [{ username: 'ann', password: 'secret' }]

const fixture = useProxyFixture()
let web: TestHttpServer

beforeEach(async () => {
  web = await httpServer()
  fixture.defer(() => web.close())
})

interface CurlResult {
  /** curl's exit code. */
  readonly code: number
  readonly body: Buffer
}

/** Runs curl with the proxy of `port` for everything, and without its own settings. */
function run(port: number, ...args: string[]): Promise<CurlResult> {
  const all = ['-q', '-sS', '--max-time', '15', '--noproxy', '', '-x', `http://127.0.0.1:${port}`, ...args]
  return new Promise((resolve) => {
    execFile(curl ?? 'curl', all, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 }, (error, body) => {
      resolve({ code: error === null ? 0 : Number(error.code), body })
    })
  })
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe.runIf(curl !== undefined)('curl', () => {
  test.each([
    ['-x', []],
    ['--proxytunnel', ['--proxytunnel']],
    ['--http1.0', ['--http1.0']],
    ['--proxy1.0', ['--proxy1.0', '']],
  ])('gets a page with %s', async (_how, flags) => {
    const port = await fixture.proxy()
    const args = flags.map((flag) => (flag === '' ? `http://127.0.0.1:${port}` : flag))
    expect((await run(port, ...args, `${web.url}/`)).body.toString()).toBe('it works\n')
  })

  test('gets several pages over one connection', async () => {
    const urls = [1, 2, 3].map((count) => `${web.url}/bytes/${count}`)
    const { body } = await run(
      await fixture.proxy(),
      '-w',
      '%{num_connects} ',
      ...urls.flatMap((u) => ['-o', '/dev/null', u]),
    )
    expect(body.toString()).toBe('1 0 0 ')
  })

  test.each([[[]], [['--proxytunnel']]])('downloads 20 MB whole with %j', async (flags) => {
    const { body } = await run(await fixture.proxy(), ...flags, `${web.url}/bytes/20000000`)
    expect(sha256(body)).toBe(seededDigest(1, 20_000_000))
  })

  test.each([
    ['a length', []],
    ['chunks', ['-H', 'Transfer-Encoding: chunked']],
    ['Expect', ['-H', 'Expect: 100-continue', '--expect100-timeout', '10']],
    ['no Expect', ['-H', 'Expect:']],
    ['a tunnel', ['--proxytunnel']],
  ])('uploads 5 MB whole with %s', async (_how, flags) => {
    const folder = await mkdtemp(join(tmpdir(), 'upload-'))
    const file = join(folder, 'body')
    await writeFile(file, seededBytes(3).take(5_000_000))
    const { body } = await run(await fixture.proxy(), ...flags, '-T', file, '-X', 'POST', `${web.url}/echo`)
    await rm(folder, { recursive: true })
    expect(sha256(body)).toBe(seededDigest(3, 5_000_000))
  })

  test.each([
    ['right', [], 'ann:secret', '200'],
    ['right, in a tunnel', ['--proxytunnel'], 'ann:secret', '200'],
    ['right, asked first', ['--proxy-anyauth'], 'ann:secret', '200'],
    ['right, asked first in a tunnel', ['--proxy-anyauth', '--proxytunnel'], 'ann:secret', '200'],
    ['wrong', [], 'ann:wrong', '407'],
  ])('authenticates: %s', async (_how, flags, user, status) => {
    const port = await fixture.proxy({ accounts })
    const { body } = await run(port, ...flags, '--proxy-user', user, '-o', '/dev/null', '-w', '%{http_code}', web.url)
    expect(body.toString()).toBe(status)
  })

  test.each([['ann:wrong'], [undefined]])('is refused its tunnel with %s', async (user) => {
    const credentials = user === undefined ? [] : ['--proxy-user', user]
    const flags = ['--proxytunnel', '-o', '/dev/null', '-w', '%{http_connect}']
    const { code, body } = await run(await fixture.proxy({ accounts }), ...credentials, ...flags, web.url)
    expect({ code, body: body.toString() }).toEqual({ code: 56, body: '407' })
  })

  test('gets the reason why a target was not reached', async () => {
    const { body } = await run(await fixture.proxy(), '-w', '%{http_code}', 'http://127.0.0.1:1/')
    expect(body.toString()).toBe('refused: connect ECONNREFUSED 127.0.0.1:1\n502')
  })

  test('gets statuses as the origin sends them', async () => {
    const flags = ['-o', '/dev/null', '-w', '%{http_code}']
    const port = await fixture.proxy()
    const results = await Promise.all(
      [204, 304, 404, 500].map((status) => run(port, ...flags, `${web.url}/status/${status}`)),
    )
    expect(results.map(({ body }) => body.toString())).toEqual(['204', '304', '404', '500'])
  })

  test('offering h2c gets its page over HTTP/1.1', async () => {
    const { body } = await run(await fixture.proxy(), '--http2', '-w', '%{http_version}', web.url)
    expect(body.toString()).toBe('it works\n1.1')
  })
})
