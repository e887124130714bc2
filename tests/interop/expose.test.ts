import { connect } from 'node:net'
import { echoServer, freePort, onceEvent } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { peerNames, requireImplementation } from './implementation.js'
import { serverUrl } from './link.js'
import { PeerProcess } from './peer-process.js'
import { untilListening, untilPrinted } from './ports.js'

const ours = requireImplementation('ours')

// Only channels to the target go over the link, so a deployed provider needs no support for this.
describe('a port that our server exposes', { timeout: 60_000 }, () => {
  test.each(peerNames)('leads to a target of a %s provider', async (name) => {
    const peer = requireImplementation(name)
    if (ours === undefined || peer === undefined) return
    const target = closing(await echoServer())
    const [port, exposed] = [await freePort(), await freePort()]
    const flags = ['-r', '-t', 'token', '-H', '127.0.0.1', '-P', String(port), '-p', '0']
    const expose = ['--expose', `${exposed}=token@127.0.0.1:${target.port}`]
    const server = new PeerProcess('our server', ours.command, ['server', ...flags, ...expose])
    afterTest(() => server.stop())
    await untilListening(port, server)
    const provider = new PeerProcess(name, peer.command, [...peer.provider, '-t', 'token', '-u', serverUrl(port)])
    afterTest(() => provider.stop())
    await untilPrinted(peer.accepted, provider)
    const socket = connect(exposed, '127.0.0.1')
    afterTest(() => socket.destroy())
    socket.write('ping')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('ping')
  })
})
