import { statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import type { Duplex } from 'node:stream'
import type { ClientAddress } from '@ls/transport'

/** Answers all requests that are not links, so that the port looks like that of an ordinary web server. */
export interface Fallback {
  answer(request: IncomingMessage, response: ServerResponse, client: ClientAddress): void
  /** Answers a request to upgrade, which has no response object yet. The fallback owns the stream from then on. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer, client: ClientAddress): void
  /** Cuts open requests. */
  close(): void
}

/** Source of a fallback: another web server, or a folder of files. */
export type FallbackPlace =
  | { readonly kind: 'site'; readonly folder: string }
  | { readonly kind: 'proxy'; readonly origin: URL }

/**
 * Reads `http://127.0.0.1:8080`, `https://example.org`, or the path of a folder.
 *
 * @throws RangeError naming what is wrong
 */
export function parseFallback(place: string): FallbackPlace {
  if (/^https?:\/\//i.test(place)) return { kind: 'proxy', origin: parseOrigin(place) }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(place))
    throw new RangeError(`the fallback "${place}" is no http:// or https:// URL`)
  const folder = resolve(place)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new RangeError(`the fallback "${place}" is no URL and no folder that exists`)
  }
  return { kind: 'site', folder }
}

function parseOrigin(place: string): URL {
  if (!URL.canParse(place)) throw new RangeError('the fallback is no valid URL')
  const url = new URL(place)
  if (url.username !== '' || url.password !== '')
    throw new RangeError('the fallback URL contains credentials; it must have none')
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new RangeError(
      `the fallback ${url.origin} has "${url.pathname}${url.search}${url.hash}" behind it; paths are passed on as they come`,
    )
  }
  return url
}
