import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onceEvent, useCleanups } from '@ls/testkit'
import { expect, test } from 'vitest'
import { ApiSocket, openApiSocket } from './api-socket.js'
import type { ManagementApi } from './management-api.js'

const cleanups = useCleanups()

test('openApiSocket names the socket when its folder cannot be made', async () => {
  const opened = openApiSocket(createServer(), '/dev/null/api.sock')
  await expect(opened).rejects.toThrow('the socket of the management API cannot listen on unix:/dev/null/api.sock')
})

test('ApiSocket cuts a connection that pipelines more than 16 requests, and starts one at a time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ls-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  let started = 0
  const api = { answer: () => started++ } as unknown as ManagementApi
  const path = join(folder, 'api.sock')
  const socket = await ApiSocket.open(path, api)
  cleanups.push(() => socket.close())
  const client = connect(path)
  const closed = onceEvent(client, 'close')
  client.write('GET /api/snapshot HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(17))
  client.resume()
  await closed
  expect(started).toBe(1)
})
