import { setTimeout as sleep } from 'node:timers/promises'
import { channelKey, MessageType } from '@ls/codec'
import { Link } from '../link.mjs'
import { tokens } from '../rig.mjs'

const channels = 80
/** Bytes that each channel sends, as its credit allows, so that its window grows. */
const channelBytes = 2 * 1024 * 1024
const pieceBytes = 32 * 1024
/** Credit before the first Window message of the server (protocol.md, window): it promises at least 4 KiB. */
const firstCreditBytes = 4096
const spreadMs = 10
const holdMs = 6000
const bulkBytes = 2 * 1024 * 1024

export const windowHoarding = {
  id: 'window-hoarding',
  title: 'tenant: grows the windows of 80 channels and leaves them idle; the bystander moves 2 MiB a request',
  bystander: { bytes: bulkBytes },
  run: async ({ url, targets }) => {
    const link = await Link.open({ url, token: tokens.attacker, extensions: ['window', 'fin'] })
    const unsent = new Map()
    link.onMessage = ({ type, channelId, creditBytes }) => {
      if (type === MessageType.Window) spend(link, unsent, channelId, creditBytes)
    }
    for (let count = 0; count < channels; count++) {
      const channelId = link.openTcp(targets.drain)
      unsent.set(channelKey(channelId), channelBytes)
      spend(link, unsent, channelId, firstCreditBytes)
      await sleep(spreadMs)
    }
    await sleep(holdMs)
    link.drop()
  },
}

function spend(link, unsent, channelId, creditBytes) {
  const key = channelKey(channelId)
  let left = Math.min(creditBytes, unsent.get(key) ?? 0)
  unsent.set(key, (unsent.get(key) ?? 0) - left)
  for (; left > 0; left -= pieceBytes) {
    const payload = Buffer.alloc(Math.min(left, pieceBytes))
    link.send({ type: MessageType.Data, protocol: 'tcp', channelId, compression: 'none', payload })
  }
}
