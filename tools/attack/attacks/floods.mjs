import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { encode, MessageType, newChannelId } from '@ls/codec'
import { formatAuthQuery } from '@ls/transport'
import { tokens } from '../rig.mjs'
import { upgradeRequest } from '../strangers.mjs'

const durationMs = 6000
/** The flooder opens its link again after this, in ms, where the server has closed it. */
const pauseMs = 20
/** Bytes of one write: TCP sends them in its largest segments, and the server reads 64 KiB at a time. */
const blockBytes = 256 * 1024
/** A p99 of the bystander below this is accepted, in ms: a flood keeps the server's processor busy all the time. */
const floorMs = 100

const channelId = newChannelId()
const payload = Buffer.from('x')
const data = { type: MessageType.Data, channelId, compression: 'none', payload }

/** Frames of each kind of flood: those that are sent first, and those that are repeated. */
const kinds = {
  pings: { what: 'pings', repeat: () => [frame(0x89, Buffer.alloc(4))] },
  pongs: { what: 'pongs', repeat: () => [frame(0x8a)] },
  acks: { what: 'Acks', extensions: ['window', 'fin', 'resume'], repeat: () => [message(ackOfNothing)] },
  bytes: { what: 'Data of one byte', first: openDrain, repeat: () => [message({ ...data, protocol: 'tcp' })] },
  strays: { what: 'Data without a channel', repeat: () => [message({ ...data, protocol: 'tcp' })] },
  datagrams: { what: 'datagrams of one byte', first: openUdp, repeat: datagramTo },
  opens: { what: 'new channels', repeat: ({ sink }) => many(5000, () => message(connectTo(sink, newChannelId()))) },
  'opens-closes': { what: 'channels, opened and closed', repeat: ({ sink }) => many(10_000, () => openAndClose(sink)) },
  connectors: { what: 'connector tokens', reverse: true, repeat: () => many(10_000, addConnector) },
  'fragmented-bytes': {
    what: 'Data of one byte in two fragments',
    first: openDrain,
    repeat: () => inTwo(encode({ ...data, protocol: 'tcp' })),
  },
}

export const floods = [
  ...Object.keys(kinds).map((kind) => flood(kind, 1)),
  ...['pings', 'bytes'].map((kind) => flood(kind, 10)),
]

function flood(kind, links) {
  const { what } = kinds[kind]
  return {
    id: links === 1 ? `flood-${kind}` : `flood-${kind}-${links}`,
    title: `tenant: floods ${links === 1 ? 'one link' : `${links} links`} with ${what}`,
    floorMs,
    run: async (rig) => {
      const token = kinds[kind].reverse ? await rig.addToken('attacking-provider', 'reverse') : tokens.attacker
      const untilMs = performance.now() + durationMs
      await Promise.all(many(links, () => keepFlooding(rig, { token, ...kinds[kind] }, untilMs)))
    },
  }
}

async function keepFlooding(rig, kind, untilMs) {
  while (performance.now() < untilMs) {
    const socket = await openLink(rig, kind)
    socket.write(Buffer.concat((kind.first?.(rig.targets) ?? []).flat()))
    const frames = Buffer.concat(kind.repeat(rig.targets).flat())
    const block = Buffer.concat(many(Math.ceil(blockBytes / frames.length), () => frames))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    const over = sleep(Math.max(0, untilMs - performance.now()))
    const pour = () => {
      while (socket.writable && socket.write(block));
    }
    socket.on('drain', pour)
    pour()
    await Promise.race([closed, over])
    socket.destroy()
    await sleep(pauseMs)
  }
}

/** Opens a link and ignores all that the server sends. */
async function openLink({ port, url }, { token, extensions = [], reverse = false }) {
  const { pathname, search } = formatAuthQuery(new URL('/socket', url), { token, reverse, extensions })
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => socket.destroy())
  socket.write(upgradeRequest.replace('/socket', pathname + search))
  await new Promise((resolve) => socket.once('data', resolve).once('close', resolve))
  if (extensions.length > 0) socket.write(message({ type: MessageType.Hello, extensions, windowBytes: 262_144 }))
  return socket.resume()
}

const ackOfNothing = { type: MessageType.Ack, sequence: 0 }

function openDrain({ drain }) {
  return [message(connectTo(drain, channelId))]
}

function openUdp() {
  return [message({ type: MessageType.Connect, protocol: 'udp', channelId })]
}

function datagramTo({ forbidden }) {
  return [message({ ...data, protocol: 'udp', target: { ...forbidden, port: 9 } })]
}

function connectTo(address, channelId) {
  return { type: MessageType.Connect, protocol: 'tcp', channelId, address }
}

function openAndClose(address) {
  const channelId = newChannelId()
  return [message(connectTo(address, channelId)), message({ type: MessageType.Disconnect, channelId })]
}

function addConnector() {
  const channelId = newChannelId()
  return message({
    type: MessageType.Connector,
    channelId,
    token: Buffer.from(channelId).toString('hex'),
    operation: 'add',
  })
}

function many(count, make) {
  return Array.from({ length: count }, make)
}

function message(fields) {
  return frame(0x82, encode(fields))
}

function inTwo(bytes) {
  return [frame(0x02, bytes.subarray(0, 5)), frame(0x80, bytes.subarray(5))]
}

/** A short frame (RFC 6455 §5.2), masked with zeros. */
function frame(firstByte, body = Buffer.alloc(0)) {
  return Buffer.concat([Buffer.from([firstByte, 0x80 | body.length, 0, 0, 0, 0]), body])
}
