import { expect, test } from 'vitest'
import { parseCommandLine } from '../arguments/command-line.js'
import type { ServerSettings } from '../options/server-options.js'
import { checkPlatform, checkWorkers } from './check-workers.js'

function settingsOf(...words: string[]): ServerSettings {
  const invocation = parseCommandLine(['server', '--workers', '2', ...words], {})
  if (invocation.kind !== 'run' || invocation.command !== 'server') throw new TypeError('not a server')
  return invocation.settings
}

test('checkWorkers refuses --cluster-nats', () => {
  const settings = settingsOf('--cluster-nats', 'nats://127.0.0.1')
  expect(() => checkWorkers(settings)).toThrow('--cluster-nats does not work with --workers: ')
})

test('checkWorkers refuses relay mode', () => {
  expect(() => checkWorkers(settingsOf('--relay'))).toThrow('--relay does not work with --workers: ')
})

test.each([
  ['a plain server', []],
  ['the API and its socket', ['--api-key', 'key', '--api-socket', '/run/api']],
  ['a state file', ['--state', 'file']],
  ['exposed names', ['--allow-hosts', '*.example.org', '--expose-http-port', '80']],
  ['a certificate of an authority', ['--tls-domain', 'example.org']],
  ['exposed ports', ['--expose', '80=localhost:80', '--expose', 'udp:53=localhost:53', '--allow-ports', '1-9']],
])('checkWorkers accepts %s', (_what, words) => {
  expect(() => checkWorkers(settingsOf('-t', 'x', '-r', ...words))).not.toThrow()
})

const here = { platform: 'linux', env: {}, pid: 7, argv: ['/bin/node', '/x/linksocks.js'], execPath: '/bin/node' }

test.each([
  ['Windows', { platform: 'win32' }, 'does not work on Windows'],
  ['a single executable', { argv: ['/bin/linksocks', '/bin/node'] }, 'does not work with the single executable'],
  ['sockets of the service manager', { env: { LISTEN_PID: '7' } }, 'cannot use sockets of the service manager'],
])('checkPlatform refuses %s', (_what, change, text) => {
  expect(() => checkPlatform({ ...here, ...change } as unknown as NodeJS.Process)).toThrow(text)
})
