import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { echoServer } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'

test('LinkSocksClient.connect opens many connections at the same time without a warning of Node', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  afterTest(() => process.off('warning', onWarning))
  const target = closing(await echoServer())
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const token = server.addForwardToken()
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const client = closing(new LinkSocksClient({ url, token, proxy: 'none' }))
  await client.start()
  const streams = await Promise.all(Array.from({ length: 20 }, () => client.connect(target)))
  for (const stream of streams) stream.destroy()
  expect(warnings).toEqual([])
})
