import { ClientError, type ClientOptions, LinkSocksClient } from '@ls/client'
import { type MessageTransport, type TransportCloseReason, type TransportHandler, WrappedTransport } from '@ls/mux'
import { connect, redactUrl, TransportError, type TransportOptions, WebSocketTransport } from '@ls/transport'
import { withoutPorts } from '../options/client-options.js'
import { messageOf } from '../output/describe-error.js'
import type { Examination, Step } from './examination.js'
import { codeOf, failure, type Finding, type StepName } from './finding.js'
import { RoundTrips } from './round-trips.js'

/** Opens a link as a client does, with WebSocket, token and extension, and measures round trips on it. */
export const linkStep: Step = {
  name: 'websocket',
  timeoutMs: 40_000,
  async run(examination) {
    const roundTrips = new RoundTrips()
    const attempt = new LinkAttempt(examination, examination.client, roundTrips.heartbeat)
    try {
      const error = await attempt.open()
      if (error !== undefined) return await reportRefusal(examination, attempt, error)
      reportLink(examination, attempt)
      const finding = await roundTrips.finding(attempt.canPing, attempt.ended)
      examination.report(attempt.end === undefined ? finding : lostLink('round trip', attempt.end))
      return attempt.end === undefined
    } finally {
      await attempt.close()
    }
  },
}

/** One link, which is not reopened. */
export class LinkAttempt {
  /** The WebSocket; undefined until it is open. */
  transport: MessageTransport | undefined
  /** Time to open the WebSocket, in milliseconds. */
  openMs = 0
  /** Time for token and extension after that, in milliseconds. */
  handshakeMs = 0
  readonly client: LinkSocksClient
  /** Resolves when the WebSocket has ended. */
  readonly ended: Promise<void>
  #end: Error | undefined
  readonly #signal: AbortSignal

  /** @param heartbeat Pings in place of those that the client would send. */
  constructor(
    { environment, signal }: Examination,
    options: ClientOptions,
    heartbeat?: NonNullable<TransportOptions['heartbeat']>,
  ) {
    this.#signal = signal
    let onEnd = (): void => {}
    this.ended = new Promise((resolve) => (onEnd = resolve))
    this.client = new LinkSocksClient({
      ...withoutPorts(options),
      reconnect: false,
      threads: 1,
      transport: { ...options.transport, environment },
      connect: async (how) => {
        const startedAtMs = performance.now()
        const pings = heartbeat ?? how.heartbeat
        const transport = await (options.connect ?? connect)({ ...how, heartbeat: pings })
        this.openMs = performance.now() - startedAtMs
        this.transport = transport
        return new WatchedTransport(transport, (reason) => {
          this.#end ??= reason.cause ?? new Error(reason.reason)
          onEnd()
        })
      },
    })
  }

  /** Why the WebSocket has ended; undefined while it is open. */
  get end(): Error | undefined {
    return this.#end
  }

  /** Whether the heartbeat of the transport sends pings. */
  get canPing(): boolean {
    return this.transport?.keepalive !== undefined
  }

  /** URL that answered, after redirects. */
  get answeredBy(): string | undefined {
    return this.transport instanceof WebSocketTransport ? this.transport.peer.url : undefined
  }

  /** Opens the link; resolves with the reason if it failed. */
  async open(): Promise<unknown> {
    const startedAtMs = performance.now()
    try {
      await this.client.start({ signal: AbortSignal.any([this.#signal, AbortSignal.timeout(openMs)]) })
      this.handshakeMs = performance.now() - startedAtMs - this.openMs
      return undefined
    } catch (error) {
      return error
    }
  }

  close(): Promise<void> {
    return this.client.close()
  }
}

/** Reports the end of a transport to an observer, in addition to its owner. */
class WatchedTransport extends WrappedTransport {
  readonly #onEnd: (reason: TransportCloseReason) => void

  constructor(transport: MessageTransport, onEnd: (reason: TransportCloseReason) => void) {
    super(transport)
    this.#onEnd = onEnd
  }

  override setHandler(handler: TransportHandler): void {
    super.setHandler({
      onMessage: (message) => handler.onMessage(message),
      onDrain: () => handler.onDrain(),
      onClose: (reason) => {
        this.#onEnd(reason)
        handler.onClose(reason)
      },
    })
  }
}

/** Finding about a link that ended by itself once it was open. */
export function lostLink(step: StepName, end: Error): Finding {
  return failure(step, end, { cure: cureOf(end) })
}

/** Suggestion for an error of an open WebSocket. */
function cureOf(error: unknown): string {
  return cures[codeOf(error) ?? ''] ?? notLinkSocks
}

const notLinkSocks = 'the program there is not LinkSocks, or a middlebox changes the traffic: check host, port and path'

const cures: Readonly<Record<string, string>> = {
  ERR_CODEC_VERSION: 'update the older of the two programs; or it is not LinkSocks: check host, port and path',
  ERR_MUX_TIMEOUT:
    'the server hangs or is overloaded, or it is not LinkSocks: look at its log, check host, port and path',
  ERR_TRANSPORT_CONNECTION_LOST:
    'the server crashed, or a middlebox cuts the connection: look at the log of the server',
  ERR_TRANSPORT_PEER_SILENT:
    'the server hangs, or a middlebox passes nothing on any more: look at the log of the server',
}

function reportLink({ url, client, report }: Examination, attempt: LinkAttempt): void {
  reportUpgrade(url, attempt, report)
  const role = client.role === 'provider' ? 'as a provider' : ''
  report({ step: 'token', level: 'PASS', text: `accepted ${role}`.trimEnd(), ms: attempt.handshakeMs })
  const [session] = attempt.client.sessions
  const names = (['window', 'fin', 'resume', 'ack2', 'urgent'] as const).filter(
    (name) => session?.options[name] === true,
  )
  if (names.length > 0) return report({ step: 'extension', level: 'PASS', text: `in force: ${names.join(', ')}` })
  const text = 'none: the server is a deployed or an older program'
  const cure = 'it works, but connections end when the link is cut; this project at both ends keeps them'
  report({ step: 'extension', level: 'WARN', text, cure })
}

function reportUpgrade(url: URL, attempt: LinkAttempt, report: (finding: Finding) => void): void {
  report({ step: 'websocket', level: 'PASS', text: 'opened', ms: attempt.openMs })
  const { answeredBy } = attempt
  if (
    answeredBy === undefined ||
    new URL(answeredBy).origin + new URL(answeredBy).pathname === url.origin + url.pathname
  )
    return
  const text = `redirected to ${redactUrl(answeredBy).replace(/\?.*/s, '')}`
  report({ step: 'websocket', level: 'WARN', text, cure: 'the redirect makes each link slower to open: give that URL' })
}

async function reportRefusal(examination: Examination, attempt: LinkAttempt, error: unknown): Promise<false> {
  const { url, report } = examination
  if (error instanceof TransportError && error.status === 429) {
    const cure =
      'this address has sent too many wrong tokens: wait some minutes, and stop programs that send an old token'
    report(failure('token', error, { cure }))
    return false
  }
  if (attempt.transport === undefined) {
    report(failure('websocket', error))
    return false
  }
  reportUpgrade(url, attempt, report)
  if (error instanceof ClientError && error.code === 'ERR_CLIENT_REFUSED') {
    report(failure('token', error, { cure: await cureForRefusal(examination) }))
    return false
  }
  const cure = cureOf(error)
  report({ ...failure('token', error), text: `no LinkSocks handshake: ${messageOf(error)}`, cure })
  return false
}

/**
 * Suggestion after a refusal. A token for another role is refused like a wrong one, so the other role is tried, for too
 * short a time to carry anything.
 */
async function cureForRefusal(examination: Examination): Promise<string> {
  const { otherRole, hasToken } = examination
  if (!hasToken) return 'give the token with --token (-t): none was given'
  const other = new LinkAttempt(examination, closed(otherRole), false)
  const isRight = (await other.open()) === undefined
  await other.close()
  if (isRight && otherRole.role === 'provider')
    return 'the token is right, but it is for providers: use linksocks provider, or doctor --reverse'
  if (isRight) return 'the token is right, but it is for clients or connectors: leave --reverse out'
  return 'the server does not have this token, in either role: compare it with the token that the server was started with or printed'
}

/** Options of a provider that opens nothing of its network. */
function closed(options: ClientOptions): ClientOptions {
  return options.role === 'provider' ? { ...options, exposes: [], exit: { access: [nothing] } } : options
}

/** A target that does not exist, since no port is 0. */
const nothing = '192.0.2.0:1'

/** Time to open a link, in milliseconds: dial, upgrade and handshake have their own deadlines below it. */
const openMs = 19_000
