import { silentLogger } from '@ls/foundation'
import { expect, test, vi } from 'vitest'
import { parseCommandLine, type RunOf } from '../arguments/command-line.js'
import { openServerCertificate } from '../certificates/server-certificate.js'
import { Draining } from '../life/draining.js'
import { ServiceManager } from '../life/service-manager.js'
import { LogLevels } from '../output/log/log-levels.js'
import { Redactor } from '../output/redactor.js'
import { startServer } from './server.js'

vi.mock('../certificates/server-certificate.js', () => ({ openServerCertificate: vi.fn() }))

test('startServer closes the certificate when the metrics port cannot be opened', async () => {
  const close = vi.fn()
  vi.mocked(openServerCertificate).mockResolvedValue({ options: {}, close })
  const line = 'server -t my_token -H 127.0.0.1 -P 0 --metrics unix:/no-such-folder/x'.split(' ')
  const { settings } = parseCommandLine(line, {}) as RunOf<'server'>
  const context = {
    logger: silentLogger,
    redactor: new Redactor(),
    stop: new AbortController().signal,
    print: () => {},
    draining: new Draining(0),
    levels: new LogLevels('silent'),
    accessLog: undefined,
    service: new ServiceManager({}, silentLogger),
    program: '',
  }
  await expect(startServer({ settings }, context)).rejects.toThrow('no-such-folder')
  expect(close).toHaveBeenCalledOnce()
})
