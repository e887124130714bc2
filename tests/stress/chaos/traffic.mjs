// The clients of a chaos run, and transfers whose hashes are checked.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { LinkSocksClient } from '@ls/client'

/** Size of a transfer, in bytes: short ones end between two faults, long ones live through some. */
const smallestBytes = 16 * 1024
const largestBytes = 2 * 1024 * 1024
/** Longest pause of a client between two transfers, in milliseconds. */
const pauseMs = 1000
/**
 * Longest time of a transfer, in milliseconds: a process that is suspended for half a minute delays it by that time.
 */
const transferMs = 90_000

/** A target that answers with the hash of all that it received. */
export async function startTarget() {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const hash = createHash('sha256')
    socket.on('data', (chunk) => hash.update(chunk))
    socket.on('end', () => socket.end(hash.digest('hex')))
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { host: '127.0.0.1', port: server.address().port, close: () => server.close() }
}

/** Starts a client whose first node is `first`; the others are its fallbacks. */
export async function startClient(nodes, first, options) {
  const urls = nodes.map(({ url }) => url)
  const [url, ...fallbackUrls] = [...urls.slice(first), ...urls.slice(0, first)]
  const proxy = options.role === 'provider' ? {} : { proxy: 'none' }
  const client = new LinkSocksClient({ ...options, ...proxy, url, fallbackUrls })
  await client.start()
  return client
}

/** Ended transfers, with their results and times. */
export class Transfers {
  done = []
  #isOver = false

  /** Repeats transfers through a client until {@link stop}. */
  async repeat(client, target) {
    while (!this.#isOver) {
      const transfer = { beganMs: performance.now(), openedMs: undefined, endedMs: 0, outcome: '', reason: '' }
      await runTransfer(client, target, transfer).catch((error) => {
        transfer.outcome = transfer.openedMs === undefined ? 'not opened' : 'broken'
        transfer.reason = error.message
      })
      transfer.endedMs = performance.now()
      this.done.push(transfer)
      await sleep(Math.random() * pauseMs)
    }
  }

  stop() {
    this.#isOver = true
  }
}

async function runTransfer(client, { host, port }, transfer) {
  const bytes = randomBytes(smallestBytes + Math.floor(Math.random() ** 3 * (largestBytes - smallestBytes)))
  const signal = AbortSignal.timeout(transferMs)
  const stream = await client.connect({ host, port }, { signal })
  transfer.openedMs = performance.now()
  const cut = () => stream.destroy(new Error(`not done within ${transferMs} ms`))
  signal.addEventListener('abort', cut, { once: true })
  try {
    stream.end(bytes)
    let answer = ''
    for await (const chunk of stream) answer += chunk
    const wanted = createHash('sha256').update(bytes).digest('hex')
    if (answer.length < wanted.length) throw new Error('the answer ended early, without a reset')
    transfer.outcome = answer === wanted ? 'intact' : 'corrupted'
  } finally {
    signal.removeEventListener('abort', cut)
    stream.destroy()
  }
}
