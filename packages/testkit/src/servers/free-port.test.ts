import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePort, usedPorts } from './free-port.js'

async function ports(count: number): Promise<number[]> {
  const found: number[] = []
  while (found.length < count) found.push(await freePort())
  return found
}

test('freePort gives 500 different ports', async () => {
  expect(new Set(await ports(500)).size).toBe(500)
})

test('freePort gives none that the system may take for a connection', async () => {
  expect(Math.max(...(await ports(100)))).toBeLessThan(32_768)
})

test.skipIf(process.platform !== 'linux')(
  'usedPorts has the port of a connection that its server has just ended',
  async () => {
    const port = await freePort()
    const server = createServer((socket) => socket.end())
    await once(server.listen(port, '127.0.0.1'), 'listening')
    const client = connect(port, '127.0.0.1').resume()
    await once(client, 'close')
    server.close()
    await once(server, 'close')
    expect((await usedPorts()).has(port)).toBe(true)
  },
)
