import { realpath } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join, sep } from 'node:path'
import type { Duplex } from 'node:stream'
import { closeStream } from '@ls/dial'
import send from 'send'
import { answerText, cutResponse } from '../port/http.js'
import type { Fallback } from './fallback.js'
import { responseInstead } from './upgrade-response.js'

/** Page for 404 answers. */
const notFoundPage = '/404.html'

/**
 * Serves the files of a folder: index.html for folders, types, ranges and conditional requests. Hidden files are not
 * served, nor files outside, even through a symbolic link.
 */
export class StaticSite implements Fallback {
  readonly #root: string
  readonly #upgrades = new Set<Duplex>()

  constructor(root: string) {
    this.#root = root
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET' || request.method === 'HEAD') return this.#send(request, response)
    response.setHeader('allow', 'GET, HEAD')
    answerText(response, 405, '405 method not allowed\n')
  }

  upgrade(request: IncomingMessage, stream: Duplex): void {
    this.#upgrades.add(stream)
    stream.once('close', () => this.#upgrades.delete(stream))
    this.answer(request, responseInstead(request, stream))
  }

  close(): void {
    for (const stream of this.#upgrades) closeStream(stream)
  }

  #send(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request)
    const refuse = (): Promise<void> => this.#notFound(request, response)
    this.#isInside(path)
      .then((isInside) => {
        if (!isInside) return refuse()
        send(request, path, { root: this.#root, dotfiles: 'ignore' })
          .on('error', () => {
            // The folder itself may be gone, as while a site is replaced.
            refuse().catch(() => cutResponse(response))
          })
          .pipe(response)
        return undefined
      })
      .catch(() => cutResponse(response))
  }

  /**
   * Answers 404 for every reason, including an attempt to leave the folder, so that the caller cannot tell them apart.
   */
  async #notFound(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (response.headersSent) return cutResponse(response)
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    const answer = (): void => answerText(response, 404, '404 page not found\n')
    if (!(await this.#isInside(notFoundPage))) return answer()
    response.statusCode = 404
    send(request, notFoundPage, { root: this.#root, acceptRanges: false, etag: false, lastModified: false })
      .on('error', answer)
      .pipe(response)
  }

  /** Whether the file at `path`, or the one served for it, is in the folder. The folder itself may be a link. */
  async #isInside(path: string): Promise<boolean> {
    const root = await realpath(this.#root)
    const file = join(root, decodedOf(path))
    const places = await Promise.all([file, join(file, 'index.html')].map((place) => realpath(place).catch(() => root)))
    return places.every((place) => place === root || place.startsWith(`${root}${sep}`))
  }
}

/** Decoded path; empty if it cannot be decoded, since no file has an empty name. */
function decodedOf(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return ''
  }
}

/** Path without the query, still percent-encoded; accepts targets in absolute form (RFC 9112 §3.2.2) too. */
function pathOf({ url = '/' }: IncomingMessage): string {
  const target = url.startsWith('/') || !URL.canParse(url) ? url : new URL(url).pathname
  return target.split('?', 1)[0] ?? '/'
}
