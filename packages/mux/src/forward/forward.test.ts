import {
  type Compressor,
  encodeTcpData,
  type Extension,
  fflateCompressor,
  type InflationOwner,
  newChannelId,
} from '@ls/codec'
import { nodeCompressor } from '@ls/codec/node'
import { FakeClock, memoryTransportPair, seededBytes, turns } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { base, halfClosing, Recorder, resumable } from '../../testing/session-pair.js'
import { windowMessage } from '../channel/channel-messages.js'
import type { Channel } from '../channel/channel.js'
import type { SessionOptions } from '../options.js'
import { Session } from '../session/session.js'
import { forward, type ForwardedChannel } from './forward.js'
import type { ForwardPace, ForwardRate } from './pacing.js'

const target = { host: 'target.test', port: 80 }

interface SwitchOptions {
  readonly from?: readonly Extension[]
  readonly to?: readonly Extension[]
  /** Options of all four sessions; the others override them for single ones. */
  readonly all?: SessionOptions
  readonly connector?: SessionOptions
  readonly toProvider?: SessionOptions
  readonly provider?: SessionOptions
  readonly accepts?: boolean
  readonly pace?: (clock: FakeClock) => ForwardPace
}

/** A rate of 1 MB/s for messages, which accepts datagrams of up to 100 bytes. */
function slowRate(clock: FakeClock): ForwardRate {
  const turn = (onTurn: () => void) => ({
    pay: (bytes: number) => {
      clock.setTimeout(onTurn, bytes / 1000)
      return false
    },
    close: () => {},
  })
  return { turn, takeNow: (bytes) => bytes < 200 }
}

/** A connector and a provider, and a server between them that forwards channels. */
class Agent {
  readonly clock = new FakeClock()
  readonly connector: Session
  readonly fromConnector: Session
  readonly toProvider: Session
  readonly provider: Session
  readonly forwarded: (ForwardedChannel | undefined)[] = []
  readonly asked: Channel[] = []
  readonly recorders: Recorder[] = []
  closes = 0

  constructor(switchOptions: SwitchOptions = {}) {
    const { from = halfClosing, to = halfClosing, all, connector, toProvider, provider, accepts = true } = switchOptions
    const { clock } = this
    const pace = switchOptions.pace?.(clock)
    const options = { clock, ...all }
    const refuse = { onConnect: (channel: Channel) => channel.reject('forbidden: no'), onClose: () => {} }
    this.connector = new Session({ ...options, extensions: from, ...connector }, refuse)
    this.toProvider = new Session({ ...options, extensions: to, ...toProvider }, refuse)
    this.fromConnector = new Session(
      { ...options, extensions: from },
      {
        onConnect: (channel) => {
          this.forwarded.push(
            forward(channel, this.fromConnector, this.toProvider, { pace, onClose: () => this.closes++ }),
          )
        },
        onClose: () => {},
      },
    )
    this.provider = new Session(
      { ...options, extensions: to, ...provider },
      {
        onConnect: (channel) => {
          this.asked.push(channel)
          const recorder = new Recorder().watch(channel)
          this.recorders.push(recorder)
          if (!accepts) return
          channel.accept()
          channel.resume()
        },
        onClose: () => {},
      },
    )
    this.#join(this.connector, this.fromConnector)
    this.#join(this.toProvider, this.provider)
  }

  open(): { near: Channel; far: Channel; nearRecorder: Recorder; farRecorder: Recorder; forwarded: ForwardedChannel } {
    const nearRecorder = new Recorder()
    const near = this.connector.open({ protocol: 'tcp', address: target })
    nearRecorder.watch(near)
    near.resume()
    this.settle(100)
    const [far, farRecorder, forwarded] = [this.asked.at(-1), this.recorders.at(-1), this.forwarded.at(-1)]
    if (far === undefined || farRecorder === undefined || forwarded === undefined) throw new Error('not forwarded')
    return { near, far, nearRecorder, farRecorder, forwarded }
  }

  settle(ms = 5000): void {
    this.clock.advance(ms)
  }

  get tables(): number[] {
    return [this.connector, this.fromConnector, this.toProvider, this.provider].map((session) => session.channelCount)
  }

  #join(left: Session, right: Session): void {
    const [leftTransport, rightTransport] = memoryTransportPair({ clock: this.clock, latencyMs: 1 })
    left.attach(leftTransport)
    right.attach(rightTransport)
  }
}

const pairs = [
  ['extended to extended', halfClosing, halfClosing],
  ['base to extended', base, halfClosing],
  ['extended to base', halfClosing, base],
  ['base to base', base, base],
] as const

describe.each(pairs)('forward, %s', (_name, from, to) => {
  test('passes bytes both ways and counts them', () => {
    const agent = new Agent({ from, to })
    const { near, far, nearRecorder, farRecorder, forwarded } = agent.open()
    const [up, down] = [seededBytes(1).take(700_000), seededBytes(2).take(900_000)]
    near.send(up)
    far.send(down)
    agent.settle()
    expect({ bytesEqualsUp: farRecorder.bytes.equals(up), bytesEqualsDown: nearRecorder.bytes.equals(down) }).toEqual({
      bytesEqualsUp: true,
      bytesEqualsDown: true,
    })
    expect({ sentBytes: forwarded.sentBytes, receivedBytes: forwarded.receivedBytes }).toEqual({
      sentBytes: 700_000,
      receivedBytes: 900_000,
    })
  })

  test('keeps to a rate and loses nothing', () => {
    const agent = new Agent({ from, to, pace: (clock) => ({ toTarget: slowRate(clock) }) })
    const { near, far, farRecorder, nearRecorder } = agent.open()
    const bytes = seededBytes(1).take(3_000_000)
    near.send(bytes)
    near.end()
    far.send(bytes)
    agent.settle(1500)
    const early = [farRecorder.bytes.length < 2_700_000, nearRecorder.bytes.equals(bytes)]
    agent.settle()
    expect({ early, complete: farRecorder.bytes.equals(bytes) }).toEqual({ early: [true, true], complete: true })
  })

  test('passes the target and the id on', () => {
    const agent = new Agent({ from, to })
    const { near, far } = agent.open()
    expect({ address: far.address, sameId: Buffer.from(far.id).equals(near.id) }).toEqual({
      address: target,
      sameId: true,
    })
  })

  test('delivers everything before a disconnect, then empties all tables and informs its owner once', () => {
    const agent = new Agent({ from, to })
    const { near, farRecorder } = agent.open()
    const bytes = seededBytes(3).take(600_000)
    near.send(bytes)
    near.disconnect('failed: reset')
    agent.settle()
    expect({
      complete: farRecorder.bytes.equals(bytes),
      far: farRecorder.closes,
      tables: agent.tables,
      agent: agent.closes,
    }).toEqual({ complete: true, far: [{ kind: 'aborted', error: 'failed: reset' }], tables: [0, 0, 0, 0], agent: 1 })
  })

  test('gives the opener the end of the target, which it may be waiting for', () => {
    const agent = new Agent({ from, to })
    const { far, nearRecorder } = agent.open()
    far.send(Buffer.from('HTTP/1.0 200 OK'))
    far.end()
    agent.settle()
    expect({ text: nearRecorder.text, ends: nearRecorder.ends + nearRecorder.closes.length }).toEqual({
      text: 'HTTP/1.0 200 OK',
      ends: 1,
    })
  })

  test('passes a refusal on', () => {
    const agent = new Agent({ from, to, accepts: false })
    const { far, nearRecorder } = agent.open()
    far.reject('dns: no such name')
    agent.settle()
    expect({ nearRecorder: nearRecorder.closes, tables: agent.tables, agent: agent.closes }).toEqual({
      nearRecorder: [{ kind: 'refused', error: 'dns: no such name' }],
      tables: [0, 0, 0, 0],
      agent: 1,
    })
  })

  test('answers no-provider when the provider goes before it has answered', () => {
    const agent = new Agent({ from, to, accepts: false })
    const { nearRecorder } = agent.open()
    agent.provider.close('shutting down')
    agent.settle()
    const error = 'no-provider: the link to the other end is closed: shutting down'
    expect(nearRecorder.closes).toEqual([{ kind: 'refused', error }])
  })

  test('ends the channel with a reason when the provider goes later', () => {
    const agent = new Agent({ from, to })
    const { nearRecorder } = agent.open()
    agent.provider.close('shutting down')
    agent.settle()
    const error = 'failed: the link to the other end is closed: shutting down'
    expect({ closes: nearRecorder.closes, tables: agent.tables }).toEqual({
      closes: [{ kind: 'aborted', error }],
      tables: [0, 0, 0, 0],
    })
  })

  test('abort ends the channel at both ends', () => {
    const agent = new Agent({ from, to })
    const { nearRecorder, farRecorder, forwarded } = agent.open()
    forwarded.abort('forbidden: removed')
    agent.settle()
    const reason = [{ kind: 'aborted', error: 'forbidden: removed' }]
    expect({ nearRecorder: nearRecorder.closes, farRecorder: farRecorder.closes, agent: agent.closes }).toEqual({
      nearRecorder: reason,
      farRecorder: reason,
      agent: 1,
    })
  })

  test('a channel busy in one direction only is not idle on either link', () => {
    const agent = new Agent({ from, to, all: { idleLimitMs: 120_000, idleCheckMs: 10_000 } })
    const { near, nearRecorder } = agent.open()
    for (let count = 0; count < 10; count++) {
      near.send(Buffer.from('x'))
      agent.settle(60_000)
    }
    expect({ closes: nearRecorder.closes, tables: agent.tables }).toEqual({ closes: [], tables: [1, 1, 1, 1] })
  })

  test('keeps the budget of the link in step with what waits', () => {
    const agent = new Agent({ from, to, provider: { windowBytes: 262_144 } })
    const { near, far } = agent.open()
    far.pause()
    near.send(new Uint8Array(3_000_000))
    agent.settle()
    const waiting = agent.fromConnector.options.budget.usedBytes
    near.abort('')
    far.resume()
    agent.settle()
    expect(waiting).toBeLessThan(2_500_000)
    expect(agent.fromConnector.options.budget.usedBytes).toBe(0)
  })

  test('passes datagrams on', () => {
    const agent = new Agent({ from, to })
    const recorder = new Recorder()
    const channel = agent.connector.open({ protocol: 'udp' }, recorder)
    agent.settle()
    channel.sendDatagram(Buffer.from('query'), { target: { host: '9.9.9.9', port: 53 } })
    agent.settle()
    expect(agent.recorders[0]?.datagrams.length).toBe(1)
  })
})

describe('forward', () => {
  test('cuts messages larger than the window of the far link, as base peers send them', () => {
    const agent = new Agent({ from: base, all: { quantumBytes: 1_048_576 } })
    const { near, farRecorder } = agent.open()
    const bytes = seededBytes(4).take(2_000_000)
    near.send(bytes)
    agent.settle()
    expect(farRecorder.bytes.equals(bytes)).toBe(true)
  })

  test('passes messages that are not full on to a base peer immediately', () => {
    const agent = new Agent({ to: base })
    const { near, farRecorder } = agent.open()
    agent.settle()
    near.send(Buffer.from('a'))
    agent.settle(2)
    expect(farRecorder.text).toBe('a')
  })

  test('inflates compressed data of a base peer for a link with window', () => {
    const agent = new Agent({ from: base, all: { compressor: fflateCompressor } })
    const { near, farRecorder } = agent.open()
    const text = 'abcd'.repeat(200_000)
    near.send(fflateCompressor.gzip(Buffer.from(text)), { inflatedBytes: text.length })
    agent.settle()
    expect(farRecorder.text === text).toBe(true)
  })

  test('inflates compressed data of a base peer no further than the far link takes it', async () => {
    const agent = new Agent({ from: base, all: { compressor: nodeCompressor } })
    const { near, far, farRecorder } = agent.open()
    far.pause()
    const gzip = nodeCompressor.gzip(new Uint8Array(1_000_000))
    for (let count = 0; count < 20; count++) near.send(gzip, { inflatedBytes: 1_000_000 })
    near.disconnect('')
    const { budget } = agent.fromConnector.options
    let mostBytes = 0
    // Inflating takes real time on another thread, and the deadlines of the links use the agent's clock.
    const settle = async (): Promise<void> => {
      agent.settle(1)
      mostBytes = Math.max(mostBytes, budget.usedBytes)
      await turns(10)
    }
    while (far.receivedBytes < 262_144) await settle()
    far.resume()
    while (farRecorder.closes.length === 0) await settle()
    expect({
      receivedBytes: farRecorder.receivedBytes,
      limited: mostBytes < 1_000_000,
      usedBytes: budget.usedBytes,
    }).toEqual({ receivedBytes: 20_000_000, limited: true, usedBytes: 0 })
  })

  test('reads on from a base peer as soon as its compressed data has been inflated', () => {
    const inflations: InflationOwner[] = []
    const inflate: Compressor['inflate'] = (_gzip, _maxInflatedBytes, owner) => {
      inflations.push(owner)
      return { onDrain: () => {}, stop: () => {} }
    }
    const agent = new Agent({ from: base, all: { compressor: { ...nodeCompressor, inflate }, queueBytes: 500_000 } })
    const { near } = agent.open()
    const gzip = nodeCompressor.gzip(seededBytes(3).take(1_000_000))
    for (let count = 0; count < 2; count++) near.send(gzip, { inflatedBytes: 1_000_000 })
    agent.settle(10)
    inflations[0]?.onPiece(new Uint8Array(65_536))
    agent.settle(10)
    inflations[0]?.onDone()
    agent.settle(10)
    expect(inflations).toHaveLength(2)
  })

  test('passes compressed data between extended links on unchanged', () => {
    const agent = new Agent()
    const { near, far } = agent.open()
    let compressed = 0
    far.setHandler({ onCompressedData: (_gzip, bytes) => (compressed = bytes), onClose: () => {} })
    const text = 'abcd'.repeat(1000)
    near.send(fflateCompressor.gzip(Buffer.from(text)), { inflatedBytes: text.length })
    agent.settle()
    expect(compressed).toBe(4000)
  })

  test('lets credit pass: a stopped consumer makes the opener wait, and nothing piles up between', () => {
    const agent = new Agent()
    const { near, far } = agent.open()
    far.pause()
    near.send(new Uint8Array(2_000_000))
    agent.settle()
    expect({ receivedBytes: far.receivedBytes, usedBytes: agent.fromConnector.options.budget.usedBytes }).toEqual({
      receivedBytes: 262_144,
      usedBytes: 0,
    })
  })

  test('gives the opener what the far end allows beyond the window of the server', () => {
    const agent = new Agent({
      all: { windowBytes: 50_000, peerWindowBytes: 50_000 },
      toProvider: { peerWindowBytes: 200_000 },
      provider: { windowBytes: 200_000 },
    })
    const { near, far } = agent.open()
    far.pause()
    near.send(new Uint8Array(300_000))
    agent.settle()
    expect({ receivedBytes: far.receivedBytes, state: near.state }).toEqual({ receivedBytes: 200_000, state: 'open' })
  })

  test('half-close passes between extended links', () => {
    const agent = new Agent()
    const { near, far, nearRecorder, farRecorder } = agent.open()
    near.send(Buffer.from('request'))
    near.end()
    agent.settle()
    far.send(Buffer.from('answer'))
    far.end()
    agent.settle()
    expect({
      farRecorder: farRecorder.text,
      ends: farRecorder.ends,
      nearRecorder: nearRecorder.text,
      tables: agent.tables,
    }).toEqual({ farRecorder: 'request', ends: 1, nearRecorder: 'answer', tables: [0, 0, 0, 0] })
  })

  test('holds the end of the opener towards a base peer until the answer has come', () => {
    const agent = new Agent({ to: base })
    const { near, far, nearRecorder, farRecorder } = agent.open()
    near.send(Buffer.from('request'))
    near.end()
    agent.settle()
    const early = farRecorder.closes.length
    far.send(Buffer.from('answer'))
    far.end()
    agent.settle()
    expect({ early, text: nearRecorder.text, tables: agent.tables }).toEqual({
      early: 0,
      text: 'answer',
      tables: [0, 0, 0, 0],
    })
  })

  test('does not hold the end of the opener forever: a silent base target gets it', () => {
    const agent = new Agent({ to: base, all: { lingerMs: 10_000 } })
    const { near, farRecorder } = agent.open()
    near.end()
    agent.settle(9000)
    const early = farRecorder.closes.length
    agent.settle(12_000)
    expect({ early, closes: farRecorder.closes, tables: agent.tables }).toEqual({
      early: 0,
      closes: [{ kind: 'ended', error: '' }],
      tables: [0, 0, 0, 0],
    })
  })

  test('a slow far link stops the reading of a base link, and its channel is cut after the deadline', () => {
    const agent = new Agent({ from: base, all: { quantumBytes: 65_536 } })
    const { near, far, nearRecorder } = agent.open()
    far.pause()
    near.send(new Uint8Array(4_000_000))
    agent.settle(2000)
    const waiting = agent.fromConnector.options.budget.usedBytes
    agent.settle(40_000)
    expect(waiting).toBeLessThan(1_048_576 + 3 * 65_536)
    expect(nearRecorder.closes.map(({ error }) => error)).toEqual([
      'timeout: its unread data blocked all channels for 30000 ms',
    ])
  })

  test('an opener that ignores its credit is held back at two windows', () => {
    const agent = new Agent({ all: { maxWindowBytes: 300_000 }, connector: { peerWindowBytes: 0xffff_ffff } })
    const { near } = agent.open()
    agent.provider.transport?.pause()
    near.send(new Uint8Array(5_000_000))
    agent.settle()
    expect(agent.fromConnector.options.budget.usedBytes).toBeLessThan(600_000 + 2 * 65_536)
  })

  test('refuses when the far link is closed', () => {
    const agent = new Agent()
    agent.toProvider.close('gone')
    const recorder = new Recorder()
    agent.connector.open({ protocol: 'tcp', address: target }, recorder)
    agent.settle()
    expect({ closes: recorder.closes, forwarded: agent.forwarded }).toEqual({
      closes: [{ kind: 'refused', error: 'no-provider: the link to the provider is closed' }],
      forwarded: [undefined],
    })
  })

  test('refuses when the far link is full', () => {
    const agent = new Agent({ all: { maxChannels: 1 } })
    agent.toProvider.open({ protocol: 'tcp', address: target })
    const recorder = new Recorder()
    agent.connector.open({ protocol: 'tcp', address: target }, recorder)
    agent.settle()
    expect(recorder.closes).toEqual([
      { kind: 'refused', error: "forbidden: the provider's link has 1 channels, its limit" },
    ])
  })

  test('refuses to forward a channel back over the link it came from', () => {
    const clock = new FakeClock()
    const [left, right] = memoryTransportPair({ clock })
    const connector = new Session({ clock }, { onConnect: () => {}, onClose: () => {} })
    const server: Session = new Session(
      { clock },
      { onConnect: (channel) => void forward(channel, server, server), onClose: () => {} },
    )
    connector.attach(left)
    server.attach(right)
    const recorder = new Recorder()
    connector.open({ protocol: 'tcp', address: target }, recorder)
    clock.advance(100)
    expect(recorder.closes).toEqual([{ kind: 'refused', error: 'forbidden: the channel id is in use' }])
  })

  test('refuses a channel that is answered already', () => {
    const agent = new Agent()
    const { far } = agent.open()
    expect(() => forward(far, agent.provider, agent.toProvider)).toThrow(TypeError)
  })

  test('Data after Fin ends that channel only', () => {
    const agent = new Agent()
    const { near, nearRecorder } = agent.open()
    const other = agent.open()
    near.end()
    agent.settle()
    agent.connector.transport?.send(encodeTcpData(near.id, Buffer.from('x')))
    agent.settle()
    expect({ closes: nearRecorder.closes.length, state: other.near.state }).toEqual({ closes: 1, state: 'open' })
  })

  test('messages for channels of others go nowhere', () => {
    const agent = new Agent()
    agent.open()
    agent.provider.transport?.send(windowMessage(newChannelId(), 5))
    agent.settle()
    expect({
      toProvider: agent.toProvider.counters.strayMessages,
      connector: agent.connector.counters.strayMessages,
    }).toEqual({ toProvider: 1, connector: 0 })
  })

  test('a cut on one link of two that resume loses nothing', () => {
    const agent = new Agent({ from: resumable, to: resumable })
    const { near, farRecorder } = agent.open()
    const bytes = seededBytes(6).take(900_000)
    near.send(bytes)
    agent.settle(3)
    agent.provider.detach()
    agent.toProvider.detach()
    agent.settle(1000)
    const [left, right] = memoryTransportPair({ clock: agent.clock, latencyMs: 1 })
    const received = agent.provider.receivedSequence
    agent.provider.attach(right, agent.toProvider.receivedSequence)
    agent.toProvider.attach(left, received)
    agent.settle()
    expect(farRecorder.bytes.equals(bytes)).toBe(true)
  })
})

test('forward drops datagrams beyond a rate and reports each', () => {
  let dropped = 0
  const onDropped = (): void => void dropped++
  const agent = new Agent({ pace: (clock) => ({ toTarget: slowRate(clock), onDropped }) })
  const near = agent.connector.open({ protocol: 'udp' })
  agent.settle(100)
  for (const length of [10, 1000, 20]) near.sendDatagram(seededBytes(1).take(length), { target })
  agent.settle()
  expect({ datagrams: agent.recorders.at(-1)?.datagrams.map(({ length }) => length), dropped }).toEqual({
    datagrams: [10, 20],
    dropped: 1,
  })
})
