import { newChannelId } from '@ls/codec'
import { ChannelEnd } from '../channel/channel-end.js'
import type { ChannelHandler } from '../channel/channel-handler.js'
import { connectMessage } from '../channel/channel-messages.js'
import type { OpenRequest } from './session-handler.js'
import type { ChannelHost, TableEntry } from './table-entry.js'

/** Session on which a channel is opened. */
interface OpeningHost extends ChannelHost {
  adopt(entry: TableEntry): boolean
}

/** Creates a channel and requests it from the peer; without a handler the channel starts paused. */
export function openChannel(host: OpeningHost, request: OpenRequest, handler: ChannelHandler | undefined): ChannelEnd {
  const { protocol, address, earlyData = true, answerTimeoutMs = defaultAnswerTimeoutMs } = request
  const id = newChannelId()
  const connect = connectMessage(id, protocol, address)
  const message = host.options.trace?.append(connect, request.traceparent) ?? connect
  const channel = new ChannelEnd({ host, id, protocol, address, initiator: true })
  if (!earlyData) channel.holdUntilOpen()
  channel.expectAnswer(answerTimeoutMs)
  host.adopt(channel)
  host.sendControl(message)
  channel.openWindow()
  if (handler === undefined) return channel
  channel.setHandler(handler)
  channel.resume()
  return channel
}

/** Default of protocol.md §1: the connect timeout of 10 s and the 5 s that fast open adds to it. */
const defaultAnswerTimeoutMs = 15_000

/** Reason why a session has no more channels. */
export function fullText({ maxChannels }: { readonly maxChannels: number }): string {
  return `${maxChannels} channels are open, the limit of the session`
}
