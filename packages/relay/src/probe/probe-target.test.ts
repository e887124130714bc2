import { text } from 'node:stream/consumers'
import type { Channel, Session } from '@ls/mux'
import { toDuplex } from '@ls/mux/duplex'
import { until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { sessionPair } from '../../testing/session-pair.js'
import { Outbound } from '../outbound/outbound.js'
import { parseTarget, type CheckedTarget } from '../target.js'
import { isUdpProbe, openProbe, probeHost, probePorts } from './probe-target.js'

/** A session whose other end reaches no target at all. */
function nearEnd(source?: string): Session {
  const outbound = new Outbound({ accessRules: ['192.0.2.1:1'] })
  return sessionPair((channel) => outbound.serve(channel, source === undefined ? {} : { source })).near
}

function open(near: Session, port: number): Channel {
  return near.open({ protocol: 'tcp', address: { host: probeHost, port } })
}

describe('Outbound.serve for the probe host', () => {
  test('says from where the client is linked', async () => {
    const stream = toDuplex(open(nearEnd('192.0.2.7'), probePorts.address))
    stream.end()
    expect(await text(stream)).toBe('192.0.2.7')
  })

  test('says nothing where that is not known', async () => {
    const stream = toDuplex(open(nearEnd(), probePorts.address))
    stream.end()
    expect(await text(stream)).toBe('')
  })

  test('counts the dropped bytes', async () => {
    const stream = toDuplex(open(nearEnd(), probePorts.discard))
    stream.end(Buffer.alloc(300_000))
    expect(await text(stream)).toBe('300000')
  })

  test('sends bytes until its reader ends, and frees its slot', async () => {
    const near = nearEnd()
    const stream = toDuplex(open(near, probePorts.source))
    let bytes = 0
    for await (const chunk of stream) if ((bytes += (chunk as Buffer).length) > 1_000_000) break
    await until(() => near.channelCount === 0, 'the channel to be gone')
    expect(bytes).toBeGreaterThan(1_000_000)
  })

  test('sends datagrams back', async () => {
    const datagrams: string[] = []
    const channel = nearEnd().open(
      { protocol: 'udp' },
      { onDatagram: (payload) => datagrams.push(Buffer.from(payload).toString()) },
    )
    channel.resume()
    channel.sendDatagram(Buffer.from('ping'), { target: { host: probeHost, port: probePorts.echo } })
    await until(() => datagrams.length > 0, 'the datagram')
    expect(datagrams).toEqual(['ping'])
  })
})

test.each([
  ['another host', 'probe.example', probePorts.source],
  ['another port', probeHost, 80],
])('openProbe leaves %s alone', (_name, host, port) => {
  expect(openProbe(parseTarget({ host, port }) as CheckedTarget, '')).toBeUndefined()
})

test('isUdpProbe is false for other ports', () => {
  expect(isUdpProbe(parseTarget({ host: probeHost, port: 53 }) as CheckedTarget)).toBe(false)
})
