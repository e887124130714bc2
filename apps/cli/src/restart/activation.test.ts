import { expect, test } from 'vitest'
import { takeActivationSockets } from './activation.js'

function take(environment: NodeJS.ProcessEnv): number[] {
  const taken: number[] = []
  takeActivationSockets({ env: environment, pid: 7 }, { inherit: (fd) => void taken.push(fd) })
  return taken
}

test('takeActivationSockets takes those that come after standard error', () => {
  expect(take({ LISTEN_PID: '7', LISTEN_FDS: '2' })).toEqual([3, 4])
})

test.each([
  ['that are for another process', { LISTEN_PID: '8', LISTEN_FDS: '1' }],
  ['whose number is none', { LISTEN_PID: '7', LISTEN_FDS: 'all' }],
  ['where there are none', {}],
])('takeActivationSockets returns no sockets %s', (_what, environment) => {
  expect(take(environment)).toEqual([])
})

test('takeActivationSockets leaves nothing for programs that are started', () => {
  const environment = { LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'links', HOME: '/' }
  take(environment)
  expect(environment).toEqual({ HOME: '/' })
})
