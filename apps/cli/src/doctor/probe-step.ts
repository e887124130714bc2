import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { text as textOfStream } from 'node:stream/consumers'
import { probeHost, probePorts } from '@ls/relay'
import { dropOutcome, measureDatagrams } from './datagrams.js'
import type { Step } from './examination.js'
import { failure, type Finding, type StepName } from './finding.js'
import { LinkAttempt, lostLink } from './link-step.js'

/** Measures what a link carries, with the probes of a server, or of a provider behind it. */
export function probeStep(speedMs: number): Step {
  return {
    name: 'throughput',
    timeoutMs: 2 * speedMs + 60_000,
    async run(examination) {
      const { client, report } = examination
      if (client.role === 'provider') return skipAll(report, 'a provider opens no connections')
      // With the pings of a client, which notice a server that has become silent.
      const attempt = new LinkAttempt(examination, client)
      try {
        const error = await attempt.open()
        if (error !== undefined) return reportNoLink(report, attempt.end ?? (error as Error))
        const address = await addressFrom(attempt)
        if (attempt.end !== undefined) return reportNoLink(report, attempt.end)
        if (address instanceof Error) return reportUnreached(report, address)
        report(sourceFinding(address))
        report(speedMs === 0 ? notAsked : await throughput(attempt, speedMs))
        report(await udp(attempt))
        return true
      } finally {
        await attempt.close()
      }
    },
  }
}

function skipAll(report: (finding: Finding) => void, text: string): true {
  for (const step of ['source', 'throughput', 'udp'] as const satisfies readonly StepName[])
    report({ step, level: 'SKIP', text })
  return true
}

async function addressFrom({ client }: LinkAttempt): Promise<string | Error> {
  try {
    const stream = await client.connect({ host: probeHost, port: probePorts.address })
    stream.end()
    return await textOfStream(stream)
  } catch (error) {
    return error as Error
  }
}

/** Reports that the link did not open, although an earlier one did. */
function reportNoLink(report: (finding: Finding) => void, error: Error): false {
  report(lostLink('source', error))
  return false
}

function reportUnreached(report: (finding: Finding) => void, error: Error): true {
  const { code = '' } = error as { code?: string }
  if (code === 'ERR_RELAY_DNS' || (code === 'ERR_RELAY_FAILED' && unknownName.test(error.message)))
    return skipAll(report, 'the program that reaches the targets has no probes: it is a deployed or an older one')
  report({ ...failure('source', error, { cure: cures[code] }), level: 'WARN' })
  for (const step of ['throughput', 'udp'] as const) report({ step, level: 'SKIP', text: 'no connection was opened' })
  return true
}

/** Texts of deployed programs about a name that does not exist: those of the resolvers of Go, Python and Node. */
const unknownName = /\blookup\b|getaddrinfo|not known|resol/i

const cures: Readonly<Record<string, string>> = {
  ERR_RELAY_NO_PROVIDER: 'start the provider, or see in its log why it has no link',
  ERR_RELAY_BUSY: 'close connections of this token, or raise the limit that the text names',
  ERR_RELAY_FORBIDDEN: 'the policy of the token opens no connections now: ask the operator of the server',
}

function sourceFinding(address: string): Finding {
  if (address !== '') return { step: 'source', level: 'PASS', text: `the server sees us at ${address}` }
  return { step: 'source', level: 'SKIP', text: 'a provider answers, which does not see our address' }
}

const notAsked: Finding = { step: 'throughput', level: 'SKIP', text: 'not requested (--speed 0s)' }

async function throughput(attempt: LinkAttempt, speedMs: number): Promise<Finding> {
  try {
    const down = await measureDown(await connectTo(attempt, probePorts.source), speedMs)
    const up = await measureUp(await connectTo(attempt, probePorts.discard), speedMs)
    return { step: 'throughput', level: 'PASS', text: `${formatRate(down)} down, ${formatRate(up)} up` }
  } catch (error) {
    const found = failure('throughput', attempt.end ?? error)
    // A client dials a cut link again, but it takes long to notice a link that passes nothing on.
    if (found.code === 'ERR_TRANSPORT_PEER_SILENT') return lostLink('throughput', attempt.end ?? (error as Error))
    const cure =
      cures[found.code ?? ''] ?? 'the link breaks under load: look at the log of the server and at middleboxes'
    return { ...found, level: 'WARN', text: `cut short: ${found.text}`, cure }
  }
}

function connectTo({ client }: LinkAttempt, port: number): Promise<Duplex> {
  return client.connect({ host: probeHost, port })
}

/** Measures the rate, in bytes a millisecond. @throws Error if the connection ends too early */
async function measureDown(stream: Duplex, speedMs: number): Promise<number> {
  let bytes = 0
  const startedAtMs = performance.now()
  const over = setTimeout(() => stream.emit('over'), speedMs)
  stream.on('data', (chunk: Buffer) => (bytes += chunk.length))
  stream.once('end', () => stream.destroy(new Error('the connection ended')))
  try {
    await once(stream, 'over')
    return bytes / (performance.now() - startedAtMs)
  } finally {
    clearTimeout(over)
    stream.destroy()
  }
}

/** Measures the rate of received bytes, in bytes a millisecond. @throws Error if the connection ends too early */
async function measureUp(stream: Duplex, speedMs: number): Promise<number> {
  const chunk = randomBytes(chunkBytes)
  const startedAtMs = performance.now()
  try {
    while (performance.now() - startedAtMs < speedMs) {
      if (!stream.write(chunk)) await once(stream, 'drain')
    }
    stream.end()
    const bytes = Number(await textOfStream(stream))
    return bytes / (performance.now() - startedAtMs)
  } finally {
    stream.destroy()
  }
}

function formatRate(bytesPerMs: number): string {
  const megabits = (bytesPerMs * 8) / 1000
  return `${megabits >= 100 ? Math.round(megabits) : megabits.toFixed(megabits >= 1 ? 1 : 3)} Mbit/s`
}

async function udp({ client }: LinkAttempt): Promise<Finding> {
  const [session] = client.sessions
  if (session === undefined) return { step: 'udp', level: 'SKIP', text: 'the link was cut' }
  return dropOutcome(await measureDatagrams(session))
}

/** Payload of a message, in bytes. */
const chunkBytes = 65_536
