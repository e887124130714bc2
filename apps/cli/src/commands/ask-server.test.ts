import { expect, test } from 'vitest'
import { UsageError } from '../errors.js'
import { runLogLevel } from './ask-server.js'

test('runLogLevel refuses an unknown level without asking the server', async () => {
  const running = runLogLevel(['loud'], { api: undefined, apiKey: undefined, apiSocket: '/nonexistent/api.sock' })
  await expect(running).rejects.toThrow(
    new UsageError('there is no level "loud"; it is one of trace, debug, info, warn, error, silent'),
  )
})
