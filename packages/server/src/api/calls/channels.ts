import { type Answer, ApiRefusal } from '@ls/observe/http'
import { formatTarget } from '@ls/relay'
import type { ChannelInfo } from '../../reverse/channel-info.js'
import type { ApiCall } from '../api-call.js'

/** Most channels shown: about 3 MB of JSON, which blocks the event loop while it is made. */
export const maxListedChannels = 10_000

/** `GET /api/channels`: the open channels. Names no tokens, which could leak there. */
export function showChannels({ server, clock }: ApiCall): Answer {
  const nowMs = clock.now()
  const body: object[] = []
  let count = 0
  for (const channel of server.channels()) {
    if (count < maxListedChannels) body.push(describe(channel, nowMs))
    count++
  }
  return { status: 200, body, headers: { 'x-total-count': String(count) } }
}

/** `DELETE /api/channels/{id}`: closes a channel. */
export function closeChannel({ server, parameter: id, logger }: ApiCall): Answer {
  if (!server.closeChannel(id)) throw new ApiRefusal(404, 'channel does not exist')
  logger.info({ channel: id }, 'management API: a channel was closed')
  return { status: 200, body: { success: true, id: id.toLowerCase() } }
}

function describe(channel: ChannelInfo, nowMs: number): object {
  const { id, protocol, target, client, bytesToTarget, bytesFromTarget, openedAtMs, forwarded } = channel
  return {
    id,
    protocol,
    target: target === undefined ? null : formatTarget(target),
    client_address: client.remoteAddress,
    token_type: client.kind,
    bytes_to_target: bytesToTarget,
    bytes_from_target: bytesFromTarget,
    age_ms: Math.round(nowMs - openedAtMs),
    forwarded,
  }
}
