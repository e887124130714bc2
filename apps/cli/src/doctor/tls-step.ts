import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { type ConnectOptions, hostOf, keyPinOf, openServerStream } from '@ls/transport'
import { describeSkew, type PageHead, readPageHead, tolerableSkewMs } from './clock.js'
import type { Examination, Step } from './examination.js'
import { failure, type Finding } from './finding.js'
import { connectionOptions } from './server-connection.js'

/**
 * Opens the whole connection, through proxies and with TLS, and sends a plain request that shows the server's clock.
 */
export const tlsStep: Step = {
  name: 'tls',
  timeoutMs: 30_000,
  async run(examination) {
    const options = connectionOptions(examination)
    const startedAtMs = performance.now()
    try {
      const stream = await openServerStream(options)
      reportTls(examination, stream, performance.now() - startedAtMs)
      reportPage(examination, await readPageHead(stream, examination.url.host, answerMsOf(options)))
      return true
    } catch (error) {
      examination.report(await explain(examination, options, error))
      return false
    }
  },
}

function reportTls({ url, client, report }: Examination, stream: Duplex, ms: number): void {
  if (url.protocol !== 'wss:' || !(stream instanceof TLSSocket)) {
    const cure = 'fine on this machine and in a private network; elsewhere give the server a certificate and use wss://'
    return report({ step: 'tls', level: 'SKIP', text: `${url.protocol}// is without TLS`, cure })
  }
  const certificate = stream.getPeerX509Certificate()
  const text = `${stream.getProtocol() ?? 'TLS'}, ${certificate === undefined ? 'its certificate was not shown again' : describe(certificate)}`
  const { pins = [], ca } = client.transport?.tls ?? {}
  const isPinned = pins.length > 0 && ca === undefined
  const how =
    isPinned && certificate !== undefined ? `; accepted by its pin alone${faultsOf(certificate, hostOf(url))}` : ''
  report({ step: 'tls', level: 'PASS', text: text + how, ms })
  if (isPinned) return
  const daysLeft = certificate === undefined ? Infinity : (Date.parse(certificate.validTo) - Date.now()) / dayMs
  if (daysLeft > fewDays) return
  const days = `the certificate ends in ${Math.max(0, Math.floor(daysLeft))} days`
  report({
    step: 'tls',
    level: 'WARN',
    text: days,
    cure: 'renew it on the server; a pin (--tls-pin) stays valid with the same key',
  })
}

/** Faults of a certificate, apart from its pin. */
function faultsOf(certificate: X509Certificate, host: string): string {
  const isForHost = (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined
  const hasEnded = Date.parse(certificate.validTo) < Date.now()
  return `${isForHost ? '' : `, though it is not for ${host}`}${hasEnded ? ', though it has ended' : ''}`
}

function reportPage({ report }: Examination, head: PageHead | undefined): void {
  if (head === undefined) return report({ step: 'clock', level: 'SKIP', text: 'nothing answered a plain request' })
  const { status, server, skewMs } = head
  const by = `${status}${server === undefined ? '' : ` by ${server.slice(0, 60)}`}`
  if (skewMs === undefined) return report({ step: 'clock', level: 'SKIP', text: `the answer (${by}) has no date` })
  if (Math.abs(skewMs) < tolerableSkewMs)
    return report({ step: 'clock', level: 'PASS', text: `the same as the server's; / answers ${by}` })
  const cure = 'correct the clock that is wrong: the end of certificates and tokens depends on it'
  report({ step: 'clock', level: 'WARN', text: describeSkew(skewMs), cure })
}

/** Explains why the connection failed. Proxies, TLS and the rest have a step each. */
async function explain(examination: Examination, options: ConnectOptions, error: unknown): Promise<Finding> {
  const { code, cause } = error as { code?: string; cause?: { code?: string } }
  if (code === 'ERR_TRANSPORT_PROXY') return failure('proxy', error)
  if (code !== 'ERR_TRANSPORT_TLS') return failure(examination.hasProxy ? 'proxy' : 'tls', error)
  // Without verification any program could pose as the proxy, and would receive its user name and password.
  if (examination.hasTlsProxy) return failure('tls', error, { cure: notLooked })
  const shown = await certificateOf(examination, options)
  const cure = shown === undefined ? undefined : cureFor(cause?.code ?? '', shown)
  return failure('tls', error, { cure })
}

interface Shown {
  readonly certificate: X509Certificate
  readonly skewMs: number | undefined
}

/** Reads the certificate that was not accepted, over a second connection, which carries no secret. */
async function certificateOf({ url }: Examination, options: ConnectOptions): Promise<Shown | undefined> {
  const { pins: _pins, ...tls } = options.tls ?? {}
  try {
    const stream = await openServerStream({ ...options, tls: { ...tls, rejectUnauthorized: false } })
    const certificate = stream instanceof TLSSocket ? stream.getPeerX509Certificate() : undefined
    const head = await readPageHead(stream, url.host, answerMsOf(options))
    return certificate === undefined ? undefined : { certificate, skewMs: head?.skewMs }
  } catch {
    return undefined
  }
}

const notLooked =
  'the certificate was not examined, since the connection goes through an https:// proxy, whose certificate may be the bad one'

function cureFor(code: string, { certificate, skewMs }: Shown): string {
  const shown = `the certificate: ${describe(certificate)}`
  if (/^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/.test(code)) {
    if (skewMs !== undefined && Math.abs(skewMs) >= tolerableSkewMs) return `${describeSkew(skewMs)}: set it. ${shown}`
    return `renew it on the server. ${shown}`
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `use a name that it has, in --url or as --tls-server-name. ${shown}`
  }
  if (/SELF_SIGNED|UNABLE_TO/.test(code)) {
    return `give its issuer with --tls-ca; or, if the server printed exactly this pin, --tls-pin ${keyPinOf(certificate)}. ${shown}`
  }
  return shown
}

function describe({ subject, subjectAltName, issuer, validTo }: X509Certificate): string {
  const names = (subjectAltName ?? oneLine(subject)).replaceAll(/DNS:|IP Address:/g, '')
  return `for ${names.slice(0, maxShown)}, by ${oneLine(issuer).slice(0, maxShown)}, until ${validTo}`
}

function answerMsOf({ dialTimeoutMs = defaultAnswerMs }: ConnectOptions): number {
  return Math.min(dialTimeoutMs, defaultAnswerMs)
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ')
}

/** Time for an answer, in milliseconds; most servers answer within one round trip. */
const defaultAnswerMs = 5000

const dayMs = 86_400_000

/** Days before expiry: automatic renewal happens a month before the end, so less means that it does not work. */
const fewDays = 14

/** Most characters shown of a name. */
const maxShown = 200
