import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { formatHostPort } from '@ls/foundation'
import type { UpgradeRefusal } from '@ls/transport'

/** Length of the token: 128 bits cannot be guessed. */
const tokenBytes = 16

/** Access check of the browser dialer: callers need the token in its path, and of web pages only its own is allowed. */
export class Gate {
  readonly #token = randomBytes(tokenBytes).toString('hex')
  readonly #host: string

  /** @param host Address of the page: requests may use a name of it too. */
  constructor(host: string) {
    this.#host = host
  }

  /** Returns the URL to open in a browser; on all addresses, that of a browser on the same machine. */
  url(port: number): string {
    const host = this.#host === '0.0.0.0' || this.#host === '::' ? 'localhost' : this.#host
    return `http://${formatHostPort(host, port)}/${this.#token}/`
  }

  /** Returns the rest of a path after the token; undefined for a wrong token. */
  placeOf(path: string): string | undefined {
    const [, given = '', ...rest] = path.split('/')
    const [got, wanted] = [Buffer.from(given), Buffer.from(this.#token)]
    return got.length === wanted.length && timingSafeEqual(got, wanted) ? rest.join('/') : undefined
  }

  /**
   * Checks the origin of a request. A page of another origin names it in `Origin`. A page whose name points to this
   * machine (DNS rebinding) has that name in `Host`, which must therefore be an address.
   */
  refuse({ host = '', origin }: IncomingHttpHeaders, { upgrade }: { upgrade: boolean }): UpgradeRefusal | undefined {
    if (!isAddress(host, this.#host)) return { status: 421, text: 'Open this by its address, or as localhost.' }
    if (upgrade ? origin === `http://${host}` : origin === undefined || origin === `http://${host}`) return undefined
    return { status: 403, text: 'Pages of other origins are refused.' }
  }
}

function isAddress(host: string, ownName: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '')
  return name === 'localhost' || name === ownName || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
}
