import { expect, test, vi } from 'vitest'
import { commandContext } from '../../testing/command-context.js'
import { parseCommandLine, type RunOf } from '../arguments/command-line.js'
import { openServerCertificate } from '../certificates/server-certificate.js'
import { startServer } from './server.js'

vi.mock('../certificates/server-certificate.js', () => ({ openServerCertificate: vi.fn() }))

test('startServer closes the certificate when the metrics port cannot be opened', async () => {
  const close = vi.fn()
  vi.mocked(openServerCertificate).mockResolvedValue({ options: {}, close })
  const line = 'server -t my_token -H 127.0.0.1 -P 0 --metrics unix:/no-such-folder/x'.split(' ')
  const { settings } = parseCommandLine(line, {}) as RunOf<'server'>
  await expect(startServer({ settings }, commandContext())).rejects.toThrow('no-such-folder')
  expect(close).toHaveBeenCalledOnce()
})
