import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, requireProgram, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { otlpReceiver } from '../e2e/otlp-receiver.js'
import { Program } from '../e2e/program.js'
import { afterTest, closing } from '../stress/cleanup.js'
import { playLimitMs, seenBy, targetServer } from './play.js'

// The client was written from spec/protocol.md and its vectors alone: these tests show that they are enough to write
// one.
const python = requireProgram('python3')
const local = ['-H', '127.0.0.1', '-P'] as const

describe.runIf(python !== undefined)('a client written from spec/protocol.md', { timeout: playLimitMs }, () => {
  test('sends its first messages in the request', async () => {
    const port = String(await freePort())
    await new Program('server', '-t', 'spec_token', ...local, port).printed(/listening/i)
    expect(await play('early', port)).toEqual({ plain: true, resumed: true, after: true })
  })

  test('opens a port at the server, and is the target of its connections', async () => {
    const [port, open] = [String(await freePort()), String(await freePort())]
    await new Program('server', '-r', '-t', 'spec_token', '--allow-ports', open, ...local, port).printed(/listening/i)
    expect(await play('expose', port)).toEqual({
      whole: true,
      heard: 'from the other side',
      'asked for': [true],
      again: true,
      'not understood': true,
      'not allowed': true,
      'in use': true,
    })
  })

  test.skipIf(process.platform === 'win32')('moves to the process that takes over', async () => {
    const { port, pid } = await restartable()
    expect(await play('relink', port, String(pid))).toEqual({
      plain: true,
      asked: true,
      'old channel': true,
      'new channel': true,
      'old channel is over': true,
      'close code': 4000,
      'new channel after that': true,
    })
  })

  test('says which span a channel belongs to', async () => {
    const { spans, endpoint } = await otlpReceiver()
    const port = String(await freePort())
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: '50' }
    await new Program({ environment }, 'server', '-t', 'spec_token', ...local, port).printed(/listening/i)
    const { plain, ...sent } = await play('trace', port)
    const exit = () => spans.find(({ name }) => name === 'linksocks.exit')
    await until(() => exit() !== undefined, 'the span of the server', { timeoutMs: 15_000 })
    expect({ plain, exit: exit() }).toMatchObject({ plain: true, exit: sent })
  })

  test('agrees on a direct path with a provider', async () => {
    const port = String(await freePort())
    const server = ['--direct-enable', '-r', '-t', 'network', '-c', 'spec_token'] as const
    await new Program('server', ...server, ...local, port).printed(/listening/i)
    const provider = [
      '-t',
      'network',
      '-c',
      'spec_token',
      '--direct-mode',
      'auto',
      '--direct-host-candidates',
      'always',
    ]
    await new Program('provider', '-u', `ws://127.0.0.1:${port}`, ...provider).printed(/linked/)
    expect(await play('direct', port)).toEqual({
      welcome: true,
      answer: true,
      fingerprints: 1,
      'welcome to move': true,
      move: { kind: 'refused', reason: 'the session is not here' },
      'wrong proof': false,
    })
  })
})

/** A server whose place another process takes at SIGURG. */
async function restartable(): Promise<{ readonly port: string; readonly pid: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'ls-'))
  afterTest(() => rmSync(folder, { recursive: true }))
  const config = join(folder, 'linksocks.yaml')
  const main = 'main: {ws-host: 127.0.0.1, ws-port: 0, guard: none, tokens: [{token: spec_token}]}'
  writeFileSync(config, `servers: {${main}}\n`)
  const program = new Program('run', '-c', config)
  afterTest(() => {
    for (const [, pid] of program.output.matchAll(/process (\d+) has taken over/g)) process.kill(Number(pid), 'SIGKILL')
  })
  const [, port = ''] = await program.printed(/listening: ws:\S+:(\d+)/)
  return { port, pid: program.pid }
}

/** What `feature_client.py` saw. */
async function play(what: string, port: string, ...more: string[]): Promise<Record<string, unknown>> {
  const target = closing(await targetServer())
  return seenBy('feature_client.py', what, port, 'spec_token', String(target.port), ...more)
}
