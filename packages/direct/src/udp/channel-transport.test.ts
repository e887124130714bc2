import { systemClock } from '@ls/foundation'
import {
  describeMessageTransport,
  memoryTransportPair,
  type MemoryTransport,
  RecordingHandler,
  turns,
} from '@ls/testkit'
import { expect, test } from 'vitest'
import { ChannelTransport } from './channel-transport.js'
import type { NativeChannel } from './native.js'

type OnMessage = Parameters<NativeChannel['onMessage']>[0]

/** A data channel over one end of a pipe in memory; a text message is the close of the pipe. */
class FakeChannel implements NativeChannel {
  readonly #pipe: MemoryTransport
  #isOpen = true
  #message: OnMessage = () => {}
  #closed = (): void => {}
  #low = (): void => {}

  constructor(pipe: MemoryTransport) {
    this.#pipe = pipe
    pipe.setHandler({
      onMessage: (message) => this.receive(Buffer.from(message)),
      onDrain: () => this.#low(),
      onClose: ({ code, reason }) => {
        if (code !== 1006) this.receive(JSON.stringify({ code, reason }))
        this.#isOpen = false
        this.#closed()
      },
    })
  }

  receive(message: string | Buffer): void {
    this.#message(message)
  }

  close(): void {
    this.#pipe.destroy()
  }

  sendMessage(text: string): boolean {
    this.#pipe.close(JSON.parse(text) as { code: number; reason: string })
    return true
  }

  sendMessageBinary(bytes: Uint8Array): boolean {
    return this.#pipe.send(bytes.slice())
  }

  isOpen(): boolean {
    return this.#isOpen
  }

  bufferedAmount(): number {
    return this.#pipe.bufferedBytes
  }

  setBufferedAmountLowThreshold(): void {}
  onOpen(): void {}

  onClosed(call: () => void): void {
    this.#closed = call
  }

  onBufferedAmountLow(call: () => void): void {
    this.#low = call
  }

  onMessage(call: OnMessage): void {
    this.#message = call
  }
}

function transportOver(channel: NativeChannel): ChannelTransport {
  return new ChannelTransport({
    channel,
    clock: systemClock,
    roundTripMs: () => undefined,
    release: () => channel.close(),
  })
}

describeMessageTransport('ChannelTransport', () => {
  const [near, right] = memoryTransportPair()
  return Promise.resolve({ left: transportOver(new FakeChannel(near)), right })
})

test('ChannelTransport is cut when 64 MiB wait for a paused owner', async () => {
  const channel = new FakeChannel(memoryTransportPair()[0])
  const transport = transportOver(channel)
  const handler = new RecordingHandler()
  transport.setHandler(handler)
  transport.pause()
  for (let mebibytes = 0; mebibytes <= 64; mebibytes++) channel.receive(Buffer.alloc(1_048_576))
  await turns(1)
  expect({ messages: handler.messages.length, closes: handler.closes }).toEqual({
    messages: 0,
    closes: [{ code: 1006, reason: 'more than 67108864 bytes wait to be taken from the direct path' }],
  })
})

test('ChannelTransport ends with 1002 for text that is no end', () => {
  const channel = new FakeChannel(memoryTransportPair()[0])
  const handler = new RecordingHandler()
  transportOver(channel).setHandler(handler)
  channel.receive('{"code":"x"}')
  expect(handler.closes).toEqual([{ code: 1002, reason: 'the peer sent text that is no end of the direct path' }])
})
