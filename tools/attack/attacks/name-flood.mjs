import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Link } from '../link.mjs'
import { tokens } from '../rig.mjs'

const names = 2000
const holdMs = 6000
const slowAnswerMs = 100
/** Address of a name server of this tool; all of 127.0.0.0/8 is this machine. */
const resolverAddress = '127.66.0.53'
const bystanderDomain = 'bystander.example.com'

export const nameFlood = {
  id: 'name-flood',
  title: 'tenant: 2,000 names at once that nobody knows, after 100 ms each',
  /** The server's resolv.conf is replaced in a mount namespace, which only root may create. */
  missing: () => (process.getuid() === 0 ? undefined : 'only root can give the server a name server of its own'),
  prepare: async () => {
    await startResolver()
    const file = join(mkdtempSync(join(tmpdir(), 'attack-')), 'resolv.conf')
    writeFileSync(file, `nameserver ${resolverAddress}\n`)
    const mount = `mount --bind ${file} /etc/resolv.conf && exec "$@"`
    const wrap = (line) => ['unshare', '-m', '--propagation', 'private', 'bash', '-c', mount, 'bash', ...line]
    return { wrap, bystander: { host: `*.${bystanderDomain}` } }
  },
  run: async ({ url }) => {
    const link = await Link.open({ url, token: tokens.attacker })
    for (let count = 0; count < names; count++) link.openTcp({ host: `unknown-${count}.example.net`, port: 80 })
    await sleep(holdMs)
    link.drop()
  },
}

async function startResolver() {
  const socket = createSocket('udp4').bind(53, resolverAddress)
  socket.on('message', (query, { port, address }) => {
    const name = query.subarray(12).toString('latin1')
    const isBystanders = name.includes('bystander')
    const reply = () => socket.send(isBystanders ? loopbackAnswer(query) : noSuchName(query), port, address)
    if (isBystanders) reply()
    else setTimeout(reply, slowAnswerMs)
  })
  await once(socket, 'listening')
  socket.unref()
}

/** A response with recursion available and RCODE 3 (RFC 1035 §4.1.1). */
function noSuchName(query) {
  const answer = Buffer.from(query)
  answer.writeUInt16BE(0x8183, 2)
  return answer
}

/** Answers 127.0.0.1 to a question about A, and no address to any other. */
function loopbackAnswer(query) {
  const questionEnd = query.indexOf(0, 12) + 5
  const answer = Buffer.from(query.subarray(0, questionEnd))
  answer.writeUInt16BE(0x8180, 2)
  answer.fill(0, 6, 12)
  if (query.readUInt16BE(questionEnd - 4) !== 1) return answer
  answer.writeUInt16BE(1, 6)
  // A pointer to the question's name, type A, class IN, 60 s, 4 bytes.
  return Buffer.concat([answer, Buffer.from('c00c000100010000003c00047f000001', 'hex')])
}
