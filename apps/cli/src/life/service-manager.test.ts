import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@ls/foundation'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ServiceManager } from './service-manager.js'

let sent: string[] = []
beforeEach(() => {
  sent = []
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

function manager(environment: Record<string, string>): ServiceManager {
  return new ServiceManager(environment, silentLogger, (variables) => void sent.push(variables.join(' ')))
}

const socket = { NOTIFY_SOCKET: '/run/systemd/notify' }

test('ServiceManager reports each step to systemd', () => {
  const service = manager(socket)
  service.ready()
  service.reloading()
  service.status('draining')
  service.stopping()
  expect(sent).toEqual([
    'READY=1 STATUS=running',
    expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+$/),
    'STATUS=draining',
    'STOPPING=1 STATUS=stopping',
  ])
})

test.skipIf(process.platform === 'win32')(
  'ServiceManager waits for systemd to read: what comes from a process that has ended is dropped',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'linksocks-notify-'))
    const heard = join(folder, 'heard')
    await writeFile(
      join(folder, 'systemd-notify'),
      `#!/bin/sh\necho "$*" >${heard}.new && mv ${heard}.new ${heard}\n`,
      {
        mode: 0o755,
      },
    )
    vi.useRealTimers()
    vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`)
    try {
      new ServiceManager(socket, silentLogger).ready()
      await vi.waitUntil(() => existsSync(heard), { timeout: 10_000 })
      expect(await readFile(heard, 'utf8')).toBe(`--pid=${process.pid} READY=1 STATUS=running\n`)
    } finally {
      vi.unstubAllEnvs()
      await rm(folder, { recursive: true })
    }
  },
)

test('ServiceManager calls back when the program is ready, also if systemd did not ask', () => {
  const onReady = vi.fn()
  new ServiceManager({}, silentLogger, () => {}, onReady).ready()
  expect(onReady).toHaveBeenCalledOnce()
})

test('ServiceManager sends nothing if systemd did not ask', () => {
  const service = manager({ WATCHDOG_USEC: '1000000' })
  service.ready()
  service.stopping()
  vi.advanceTimersByTime(10_000)
  expect(sent).toEqual([])
})

test('ServiceManager gives two signs of life in each period of the watchdog, until it stops', () => {
  const service = manager({ ...socket, WATCHDOG_USEC: '20000000', WATCHDOG_PID: String(process.pid) })
  service.ready()
  vi.advanceTimersByTime(20_000)
  service.stopping()
  vi.advanceTimersByTime(20_000)
  expect(sent.filter((each) => each === 'WATCHDOG=1')).toHaveLength(2)
})

test('ServiceManager does not feed the watchdog of another process', () => {
  manager({ ...socket, WATCHDOG_USEC: '20000000', WATCHDOG_PID: '1' }).ready()
  vi.advanceTimersByTime(20_000)
  expect(sent).toEqual(['READY=1 STATUS=running'])
})
