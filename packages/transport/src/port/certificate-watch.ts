import { X509Certificate } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'
import { asError, checkDurationMs, type Logger } from '@ls/foundation'
import { type CertificateFiles, readCertificateFiles } from './certificate-files.js'
import type { ServerTlsOptions } from './server-tls.js'

/** Files, intervals and callback of a {@link CertificateWatch}. */
export interface CertificateWatchOptions {
  /** Paths of certificate and key; their folders are watched. */
  readonly files: CertificateFiles
  /** Receives each accepted certificate (info), and once each one that cannot be used (warn). */
  readonly logger: Logger
  /**
   * Called when the files have changed. May throw for an invalid certificate: that is logged, and the watch continues.
   */
  onChange(tls: ServerTlsOptions): void
  /** Quiet time after a change, in milliseconds: certificate and key are written one after the other. @default 500 */
  readonly settleMs?: number | undefined
  /** Interval of checks without an event, in milliseconds: network file systems send none. @default 60000 */
  readonly pollMs?: number | undefined
}

/**
 * Watches for new certificates. It watches folders, not files: renewal usually replaces the file or the link
 * (Kubernetes, certbot), and a watch on the file would keep the old one. Only the contents of the files count.
 */
export class CertificateWatch {
  readonly #options: CertificateWatchOptions
  readonly #settleMs: number
  readonly #watchers: readonly FSWatcher[]
  readonly #poll: NodeJS.Timeout
  #settling: NodeJS.Timeout | undefined
  /** Last contents of the files, or the error of reading them. */
  #seen: string

  /**
   * @param current Contents of the files when they were last read.
   * @throws RangeError for an interval out of range
   */
  constructor(options: CertificateWatchOptions, current: ServerTlsOptions) {
    const { files } = options
    const pollMs = checkDurationMs('pollMs', options.pollMs ?? 60_000)
    this.#settleMs = checkDurationMs('settleMs', options.settleMs ?? 500, 0)
    this.#options = options
    this.#seen = contentOf(current)
    const paths = [files.certFile, files.keyFile, files.clientCaFile].filter((path) => path !== undefined)
    this.#watchers = [...new Set(paths.map((path) => dirname(path)))].flatMap((folder) => this.#watch(folder))
    this.#poll = setInterval(() => this.#look(), pollMs).unref()
  }

  /** Ends the watch: `onChange` is not called any more. */
  close(): void {
    clearInterval(this.#poll)
    clearTimeout(this.#settling)
    for (const watcher of this.#watchers) watcher.close()
  }

  #watch(folder: string): FSWatcher[] {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#settle())
      watcher.on('error', (error) => this.#cannotWatch(folder, error))
      return [watcher]
    } catch (error) {
      this.#cannotWatch(folder, asError(error))
      return []
    }
  }

  #cannotWatch(folder: string, error: Error): void {
    this.#options.logger.debug(
      { folder, reason: error.message },
      'a changed folder of certificates is noticed within a minute only',
    )
  }

  #settle(): void {
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => this.#look(), this.#settleMs).unref()
  }

  #look(): void {
    const { files, logger, onChange } = this.#options
    let tls: ServerTlsOptions
    try {
      // Nothing else happens meanwhile, so a pipe must not be waited for.
      tls = readCertificateFiles(files, 0)
    } catch (error) {
      return this.#kept(asError(error), asError(error).message)
    }
    const content = contentOf(tls)
    if (content === this.#seen) return
    try {
      onChange(tls)
    } catch (error) {
      return this.#kept(asError(error), content)
    }
    this.#seen = content
    logger.info({ file: files.certFile, ...describeCertificate(tls.cert) }, 'certificate reloaded')
  }

  /** Logs that the old certificate stays: one line for each kind of fault, not one a minute. */
  #kept({ message: reason }: Error, seen: string): void {
    if (seen === this.#seen) return
    this.#seen = seen
    const { files, logger } = this.#options
    logger.warn({ file: files.certFile, reason }, `the certificate was not reloaded, the old one stays: ${reason}`)
  }
}

/** Returns data of a certificate for display; empty for one that cannot be read. */
export function describeCertificate(cert: string | Buffer): { readonly names?: string; readonly validTo?: string } {
  try {
    const { subject, subjectAltName, validTo } = new X509Certificate(cert)
    return { names: subjectAltName ?? subject, validTo }
  } catch {
    return {}
  }
}

function contentOf({ cert, key, clientCa = '' }: ServerTlsOptions): string {
  return [cert, key, clientCa].join('\0')
}
