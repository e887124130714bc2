import { setTimeout as sleep } from 'node:timers/promises'
import { MessageType } from '@ls/codec'
import { Link } from '../link.mjs'
import { tokens } from '../rig.mjs'

const descriptors = 2048
const channels = 3000
const batch = 50
const pauseMs = 20
const holdMs = 4000
const wrap = (line) => ['bash', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'bash', ...line]

export const tcpDescriptors = {
  id: 'tcp-descriptors',
  title: 'tenant: 3,000 TCP channels where the server may open 2,048 files',
  wrap,
  run: (rig) => exhaust(rig, (link) => link.openTcp(rig.targets.sink)),
}

export const udpDescriptors = {
  id: 'udp-descriptors',
  title: 'tenant: 3,000 UDP associations, likewise',
  wrap,
  run: (rig) =>
    exhaust(rig, (link) => {
      const channelId = link.openUdp()
      const payload = Buffer.from('x')
      const message = { type: MessageType.Data, protocol: 'udp', channelId, compression: 'none', payload }
      link.send({ ...message, target: rig.targets.sink })
    }),
}

async function exhaust({ url }, open) {
  const link = await Link.open({ url, token: tokens.attacker, extensions: ['window', 'fin', 'resume'] })
  for (let count = 0; count < channels; count++) {
    open(link)
    if (count % batch === 0) await sleep(pauseMs)
  }
  await sleep(holdMs)
  link.drop()
}
