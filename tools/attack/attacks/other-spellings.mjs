import { setTimeout as sleep } from 'node:timers/promises'
import { channelKey, MessageType } from '@ls/codec'
import { Link } from '../link.mjs'
import { tokens } from '../rig.mjs'

const durationMs = 4000
const pauseMs = 100
/** Names for loopback that a rule by name might take for a name below example.com. */
const names = [
  '127.0.0.1\0.example.com',
  'localhost\0.example.com',
  '127.0.0.1 .example.com',
  '127.0.0.1\n.example.com',
  '127.0.0.1/.example.com',
  '127.0.0.1%.example.com',
  '::1%a.example.com',
  '::ffff:127.0.0.1%x.example.com',
  'user@127.0.0.1',
]
/** The forms of loopback and of the unspecified address that resolvers accept. */
const addresses = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '017700000001',
  '127.0.0.1.',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::127.0.0.1',
  '::1%lo',
  '[::1]',
  '0.0.0.0',
  '0',
  '0x0',
  '::',
  '::ffff:0.0.0.0',
  'localhost',
  'LOCALHOST.',
  ' 127.0.0.1',
  '127.0.0.1\0',
]

export const namesOfRules = {
  id: 'names-of-rules',
  title: 'tenant: targets that look like *.example.com to a rule, and like loopback to a resolver',
  prepare: (rig) => siteBesideRules(rig, ['--access-rule', '*.example.com:*']),
  run: (rig) => ask(rig, names),
}

export const closedAddresses = {
  id: 'closed-addresses',
  title: 'tenant: 24 spellings of loopback, which --route refuses',
  prepare: (rig) =>
    siteBesideRules(
      rig,
      ['127.0.0.0/8', '[::1]/128', 'localhost'].flatMap((place) => ['--route', `${place}=reject`]),
    ),
  run: (rig) => ask(rig, addresses),
}

/** The rules close the bystander's usual target as well, so the bystander visits the website behind the port. */
function siteBesideRules({ targets, port }, rules) {
  const fallback = `http://127.0.0.1:${targets.website.port}`
  return { flags: [...rules, '--fallback', fallback], bystander: { visits: `http://127.0.0.1:${port}` } }
}

/** Requests each host repeatedly, over TCP and UDP. The target reports when it is reached. */
async function ask({ url, targets }, hosts) {
  const link = await Link.open({ url, token: tokens.attacker })
  const unanswered = new Map()
  const opened = []
  link.onMessage = ({ type, success, channelId }) => {
    if (type !== MessageType.ConnectResponse) return
    const host = unanswered.get(channelKey(channelId))
    unanswered.delete(channelKey(channelId))
    if (success && host !== undefined) opened.push(host)
  }
  const association = link.openUdp()
  const { port } = targets.forbidden
  for (const until = performance.now() + durationMs; performance.now() < until; await sleep(pauseMs)) {
    for (const host of hosts) {
      const payload = Buffer.from(host)
      const channelId = link.openTcp({ host, port })
      unanswered.set(channelKey(channelId), host)
      const data = { type: MessageType.Data, compression: 'none', payload }
      link.send({ ...data, protocol: 'tcp', channelId })
      link.send({ ...data, protocol: 'udp', channelId: association, target: { host, port } })
    }
  }
  await sleep(durationMs / 4)
  const faults = link.closed ? ['the link was ended, so nothing was tried'] : []
  link.drop()
  if (opened.length > 0) faults.push(`opened: ${JSON.stringify([...new Set(opened)])}`)
  if (unanswered.size > 0)
    faults.push(`${unanswered.size} got no answer: ${JSON.stringify([...new Set(unanswered.values())])}`)
  return faults
}
