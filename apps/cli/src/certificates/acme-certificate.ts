import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Logger, TimerHandle } from '@ls/foundation'
import { messageOf } from '../output/describe-error.js'
import { makeFolder, replaceFile } from './state-folder.js'

/** Orders a certificate from a certificate authority (RFC 8555 §7.4). @throws Error that says why there is none */
export type Order = () => Promise<{ readonly cert: string; readonly key: string }>

export interface AcmeCertificateOptions {
  /** Folder for certificate and key. */
  readonly folder: string
  /** Names of the certificate; the files are named after the first. */
  readonly names: readonly string[]
  readonly order: Order
  readonly clock: Clock
  readonly logger: Logger
  /** Time of day, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number
}

/** A certificate of a public authority, renewed before it expires. The server reads and watches the files. */
export class AcmeCertificate {
  readonly certFile: string
  readonly keyFile: string
  readonly #options: AcmeCertificateOptions
  #timer: TimerHandle | undefined
  #failures = 0
  #closed = false

  constructor(options: AcmeCertificateOptions) {
    const { folder, names } = options
    this.#options = options
    const { certFile, keyFile } = acmeFiles(folder, names)
    this.certFile = certFile
    this.keyFile = keyFile
  }

  /**
   * Resolves when there is a usable certificate, which is renewed from then on. @throws Error that says why there is
   * none
   */
  async start(): Promise<void> {
    makeFolder(this.#options.folder)
    if (this.#current() === undefined) await this.#first()
    this.#checkIn(0)
  }

  close(): void {
    this.#closed = true
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
  }

  async #first(): Promise<void> {
    try {
      await this.#renew()
    } catch (error) {
      throw new Error(`no certificate for ${this.#options.names.join(', ')}: ${messageOf(error)}`, { cause: error })
    }
  }

  #checkIn(delayMs: number): void {
    if (this.#closed) return
    const { clock } = this.#options
    this.#timer = clock.setTimeout(() => void this.#check(), delayMs)
    unref(this.#timer)
  }

  /** Renews the certificate if necessary. Never throws: the old one stays in use until there is a new one. */
  async #check(): Promise<void> {
    const current = this.#current()
    if (current !== undefined && this.#now() < renewalMs(current)) return this.#checkIn(checkEveryMs)
    try {
      await this.#renew()
      this.#failures = 0
      this.#checkIn(checkEveryMs)
    } catch (error) {
      const delayMs = Math.min(firstRetryMs * 2 ** this.#failures++, checkEveryMs)
      this.#options.logger.warn(
        { names: this.#options.names, retryInMs: delayMs },
        `the certificate was not renewed, the old one stays: ${messageOf(error)}`,
      )
      this.#checkIn(delayMs)
    }
  }

  async #renew(): Promise<void> {
    const { order, logger, names } = this.#options
    const { cert, key } = await order()
    // Before it replaces one that works: also after a restart there would be no other.
    const issued = this.#checked(cert, key)
    // Key first: a reader in between sees a pair that does not match, and keeps the old pair.
    replaceFile(this.keyFile, key)
    replaceFile(this.certFile, cert)
    logger.info({ names, until: issued.validTo }, 'a certificate was issued')
  }

  /** Parses what the authority sent. @throws Error for anything that the server could not show now */
  #checked(cert: string, key: string): X509Certificate {
    const certificate = parse(cert)
    if (certificate === undefined) throw new Error('the authority sent something that is no certificate')
    if (!certificate.checkPrivateKey(createPrivateKey(key)))
      throw new Error('the authority sent a certificate for another key')
    const missing = this.#options.names.find((name) => certificate.checkHost(name) === undefined)
    if (missing !== undefined) throw new Error(`the authority sent a certificate that is not for ${missing}`)
    if (this.#now() >= Date.parse(certificate.validTo))
      throw new Error(`the authority sent a certificate that has expired: ${certificate.validTo}`)
    return certificate
  }

  /** The stored certificate, if it is valid for these names now. */
  #current(): X509Certificate | undefined {
    if (!existsSync(this.certFile) || !existsSync(this.keyFile)) return undefined
    const certificate = parse(readFileSync(this.certFile))
    if (certificate === undefined) return undefined
    const isValid = this.#now() < Date.parse(certificate.validTo)
    const isForAll = this.#options.names.every((name) => certificate.checkHost(name) !== undefined)
    return isValid && isForAll ? certificate : undefined
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }
}

/** Parses a certificate; undefined for anything else, such as a file that was cut. */
function parse(cert: string | Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(cert)
  } catch {
    return undefined
  }
}

/** Files of a certificate with these names. */
export function acmeFiles(
  folder: string,
  names: readonly string[],
): { readonly certFile: string; readonly keyFile: string } {
  return { certFile: join(folder, `${names[0]}.crt`), keyFile: join(folder, `${names[0]}.key`) }
}

/** Time of renewal: 30 days before the end, or after two thirds of a shorter life. */
export function renewalMs({ validFrom, validTo }: Pick<X509Certificate, 'validFrom' | 'validTo'>): number {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)]
  return to - Math.min(thirtyDaysMs, (to - from) / 3)
}

/** Lets the process end while the timer runs. */
function unref(timer: TimerHandle): void {
  ;(timer as Partial<NodeJS.Timeout>).unref?.()
}

const thirtyDaysMs = 30 * 86_400_000

/** RFC 8555 gives no value; Let's Encrypt recommends two checks a day. */
const checkEveryMs = 12 * 3_600_000

/** First wait after a failure, in milliseconds; it doubles: authorities allow 5 failed attempts an hour. */
const firstRetryMs = 15 * 60_000
