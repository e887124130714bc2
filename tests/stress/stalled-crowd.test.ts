import { connect } from '@ls/socks5/node'
import { byteServer, tcpServer, type TestTcpServer, within } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from './cleanup.js'
import { modes, proxyNet, type ProxyNet } from './proxy-net.js'
import { fact, mebibyte, seed } from './settings.js'
import { download, transferServer, upload } from './traffic.js'

/** A crowd of this size once blocked a link: its first windows were added to windows that had already grown. */
const crowd = 64
const stalledBytes = 64 * mebibyte

describe.each(modes)('%s: many stalled connections delay neither transfers nor new connections', (mode) => {
  test('of readers', async () => {
    const net = await proxyNet(mode)
    await stallReaders(net, closing(await byteServer({ sendBytes: stalledBytes })))
    expect(await transferBeside(net, `${mode}: ${crowd} stopped readers`)).toBe(40)
  }, 120_000)

  test('of targets', async () => {
    const net = await proxyNet(mode)
    await stallWriters(net, closing(await tcpServer(() => {})))
    expect(await transferBeside(net, `${mode}: ${crowd} stopped targets`)).toBe(40)
  }, 120_000)
})

async function stallReaders({ socks }: ProxyNet, target: TestTcpServer): Promise<void> {
  for (let count = 0; count < crowd; count++) {
    const socket = await connect({ proxy: socks, target })
    afterTest(() => socket.destroy())
  }
}

async function stallWriters({ socks }: ProxyNet, target: TestTcpServer): Promise<void> {
  const payload = Buffer.alloc(stalledBytes)
  for (let count = 0; count < crowd; count++) {
    const socket = await connect({ proxy: socks, target })
    afterTest(() => socket.destroy())
    socket.on('error', () => {})
    socket.write(payload)
  }
}

/** Opens new connections that carry checked bytes both ways; returns their number. */
async function transferBeside({ socks }: ProxyNet, crowdName: string): Promise<number> {
  const server = closing(await transferServer())
  const startMs = performance.now()
  let transfers = 0
  const work = async (): Promise<void> => {
    for (let index = 0; index < 10; index++) {
      await download(socks, server, { seed: seed + index, bytes: mebibyte })
      await upload(socks, server, { seed: seed + index, bytes: mebibyte })
      transfers += 2
    }
  }
  await within(Promise.all([work(), work()]), 'transfers beside the crowd', { timeoutMs: 60_000 })
  fact('stalled crowd', `40 transfers of 1 MiB beside ${crowdName} took ${Math.round(performance.now() - startMs)} ms`)
  return transfers
}
