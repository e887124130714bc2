import { expect, test } from 'vitest'
import { parseCommandLine } from '../arguments/command-line.js'
import type { ServerSettings } from '../options/server-options.js'
import { checkPlatform, checkWorkers } from './check-workers.js'

function settingsOf(...words: string[]): ServerSettings {
  const invocation = parseCommandLine(['server', '--workers', '2', ...words], {})
  if (invocation.kind !== 'run' || invocation.command !== 'server') throw new TypeError('not a server')
  return invocation.settings
}

test.each([
  ['--state', 'file'],
  ['--api-key', 'key'],
  ['--api-socket', '/run/api'],
  ['--cluster-nats', 'nats://127.0.0.1'],
  ['--tls-domain', 'example.org'],
  ['--expose', '80=localhost:80'],
  ['--allow-ports', '1-9'],
  ['--allow-hosts', '*.example.org'],
])('checkWorkers refuses %s', (flag, value) => {
  expect(() => checkWorkers(settingsOf(flag, value))).toThrow(`${flag} does not work with --workers: `)
})

test('checkWorkers accepts a plain server', () => {
  expect(() => checkWorkers(settingsOf('-t', 'x', '-r'))).not.toThrow()
})

const here = { platform: 'linux', env: {}, pid: 7, argv: ['/bin/node', '/x/linksocks.js'], execPath: '/bin/node' }

test.each([
  ['Windows', { platform: 'win32' }, 'does not work on Windows'],
  ['a single executable', { argv: ['/bin/linksocks', '/bin/node'] }, 'does not work with the single executable'],
  ['sockets of the service manager', { env: { LISTEN_PID: '7' } }, 'cannot use sockets of the service manager'],
])('checkPlatform refuses %s', (_what, change, text) => {
  expect(() => checkPlatform({ ...here, ...change } as unknown as NodeJS.Process)).toThrow(text)
})
