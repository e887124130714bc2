import { setTimeout as sleep } from 'node:timers/promises'
import { MessageType } from '@ls/codec'
import { Link } from '../link.mjs'
import { tokens } from '../rig.mjs'

const sessions = 40
const acknowledgeMs = 300
const takeMs = 500
const everyMessages = 2
const endlessCreditBytes = 0x7fff_ffff
/** Messages without a number (protocol.md, resume). */
const unnumbered = new Set([MessageType.Ack, MessageType.Hello, MessageType.AuthResponse, MessageType.Resumed])

export const neverAcknowledge = {
  id: 'never-acknowledge',
  title: 'tenant: takes data, stops to acknowledge it, drops the link, 40 times',
  run: async (rig) => {
    for (let count = 0; count < sessions; count++) await fillReplay(rig)
  },
}

/** Acknowledges for a moment, so that the server measures a fast path, and then no more. */
async function fillReplay({ url, targets }) {
  const link = await openOrUndefined(url)
  if (link === undefined) return sleep(takeMs)
  let acknowledging = true
  let sequence = 0
  link.onMessage = ({ type }) => {
    if (unnumbered.has(type)) return
    sequence++
    if (acknowledging && sequence % everyMessages === 0) link.send({ type: MessageType.Ack, sequence })
  }
  const channelId = link.openTcp(targets.source)
  link.send({ type: MessageType.Window, channelId, creditBytes: endlessCreditBytes })
  await sleep(acknowledgeMs)
  acknowledging = false
  await sleep(takeMs)
  link.drop()
}

/** The server may refuse this tenant a new session: that harms no other tenant. */
async function openOrUndefined(url) {
  return Link.open({ url, token: tokens.attacker, extensions: ['window', 'fin', 'resume'] }).catch(() => {})
}
