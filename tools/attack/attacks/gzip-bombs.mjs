import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { MessageType } from '@ls/codec'
import { Link } from '../link.mjs'
import { tokens } from '../rig.mjs'

const channels = 60
const bombBytes = 64 * 1024 * 1024
const pauseMs = 20
const holdMs = 3000

export const gzipBombs = {
  id: 'gzip-bombs',
  title: 'tenant: 60 channels of a base link, 64 MiB of zeros as gzip in each',
  run: async ({ url, targets }) => {
    const payload = gzipSync(Buffer.alloc(bombBytes))
    const link = await Link.open({ url, token: tokens.attacker })
    for (let count = 0; count < channels; count++) {
      const channelId = link.openTcp(targets.sink)
      link.send({ type: MessageType.Data, protocol: 'tcp', channelId, compression: 'gzip', payload })
      await sleep(pauseMs)
    }
    await sleep(holdMs)
    link.drop()
  },
}
