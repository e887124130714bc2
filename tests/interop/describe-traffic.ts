import { byteServer, echoServer, freePort, onceEvent, seededDigest, tcpServer, type TestServer } from '@ls/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startLink, type Link } from './link.js'
import { isDeafToEnds, socksSideOf, type Case } from './matrix.js'
import { readExactly, socksConnect, SocksReplyError, UdpAssociation } from './socks-client.js'
import { download, receive, transferSeed, transferServer, upload } from './transfer.js'
import { udpEchoServer } from './udp-echo-server.js'

const mebibyte = 1024 * 1024
/** Time for three Python programs to start on two busy cores, in milliseconds. */
const startTimeoutMs = 60_000
/**
 * Time for a transfer, in milliseconds: 100 MiB take 2 to 5 s through the Go program here, and 20 s beside ten other
 * programs on the two cores.
 */
const transferTimeoutMs = 90_000
/** Sizes of datagrams: only a header, an ordinary one, the largest that Ethernet carries in one piece. */
const datagramBytes = [1, 512, 1400]

/** Runs the same traffic through every case, one suite for each. */
export function describeTraffic(cases: readonly Case[]): void {
  test.skipIf(cases.length === 0)('the programs of the matrix are installed', () => {
    expect(cases).not.toEqual([])
  })
  describe.each(cases.map((one) => [one.title, one] as const))('%s', (_title, one) => {
    describeCase(one)
  })
}

function describeCase({ cast, auth, bulkBytes }: Case): void {
  const socksSide = socksSideOf(cast).name
  let link: Link
  let transfer: TestServer
  let udpEcho: TestServer

  beforeAll(async () => {
    transfer = await transferServer()
    udpEcho = await udpEchoServer()
    link = await startLink(cast, { auth })
  }, startTimeoutMs)
  afterAll(async () => {
    await link?.close()
    await transfer?.close()
    await udpEcho?.close()
  })
  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => console.error(link.report()))
  })

  test(`TCP carries ${bulkBytes / mebibyte} MiB up unharmed`, { timeout: transferTimeoutMs }, async () => {
    const socket = await socksConnect(link.socksPort, '127.0.0.1', transfer.port)
    expect(await upload(socket, bulkBytes)).toBe(seededDigest(transferSeed, bulkBytes))
    socket.destroy()
  })

  test(`TCP carries ${bulkBytes / mebibyte} MiB down unharmed`, { timeout: transferTimeoutMs }, async () => {
    const socket = await socksConnect(link.socksPort, '127.0.0.1', transfer.port)
    expect(await download(socket, bulkBytes)).toBe(seededDigest(transferSeed, bulkBytes))
    socket.destroy()
  })

  test('TCP reaches a target by its name', async () => {
    const echo = await echoServer()
    const socket = await socksConnect(link.socksPort, 'localhost', echo.port)
    socket.write('ping')
    expect((await readExactly(socket, 4)).toString()).toBe('ping')
    socket.destroy()
    await echo.close()
  })

  // pywssocks drops bytes that are not yet written when the Disconnect comes, see docs/interop.md.
  test.skipIf(socksSide === 'py-1.5.1')('TCP delivers every byte of a target that sends and ends', async () => {
    const target = await byteServer({ sendBytes: mebibyte, seed: transferSeed })
    const socket = await socksConnect(link.socksPort, '127.0.0.1', target.port)
    expect(await receive(socket, mebibyte)).toBe(seededDigest(transferSeed, mebibyte))
    socket.destroy()
    await target.close()
  })

  // The Go program passes a target's end on late if it has the SOCKS port; pywssocks between two other programs does
  // not pass it on at all.
  test.skipIf(socksSide !== 'ours' || isDeafToEnds(cast))(
    'TCP ends at the client when the target has ended',
    async () => {
      const target = await tcpServer((socket) => socket.once('data', () => socket.end('bye')))
      const socket = await socksConnect(link.socksPort, '127.0.0.1', target.port)
      socket.write('hello')
      socket.resume()
      await expect(onceEvent(socket, 'end')).resolves.toEqual([])
      socket.destroy()
      await target.close()
    },
  )

  test('TCP to a closed port is refused with a SOCKS error', async () => {
    await expect(socksConnect(link.socksPort, '127.0.0.1', await freePort())).rejects.toBeInstanceOf(SocksReplyError)
  })

  test('UDP datagrams come back unharmed from the address they went to', async () => {
    const association = await UdpAssociation.open(link.socksPort)
    for (const length of datagramBytes) {
      const payload = Buffer.alloc(length, length)
      expect(await association.exchange('127.0.0.1', udpEcho.port, payload)).toEqual({ payload, port: udpEcho.port })
    }
    association.close()
  })
}
