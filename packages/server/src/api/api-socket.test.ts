import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { openApiSocket } from './api-socket.js'

test('openApiSocket names the socket when its folder cannot be made', async () => {
  const opened = openApiSocket(createServer(), '/dev/null/api.sock')
  await expect(opened).rejects.toThrow('the socket of the management API cannot listen on unix:/dev/null/api.sock')
})
