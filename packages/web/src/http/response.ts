import type { LineReader } from './line-reader.js'

/** The head of a response. */
export interface ResponseHead {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
}

/** Statuses whose responses have no body (Fetch Standard, "null body status"). */
const withoutBody = new Set([204, 205, 304])

/** Size of the pieces in which a body is passed on, in bytes. */
const pieceBytes = 65_536

/** Reads the head of the final response; responses with a status of 1xx come before it (RFC 9110 §15.2). */
export async function readHead(lines: LineReader): Promise<ResponseHead> {
  for (;;) {
    const head = await readOneHead(lines)
    if (head.status >= 200) return head
    if (head.status === 101) throw lines.fail('the server switched protocols without a request to do so')
  }
}

async function readOneHead(lines: LineReader): Promise<ResponseHead> {
  const statusLine = await lines.line()
  const [, status, statusText = ''] = /^HTTP\/1\.[01] ([1-5]\d\d)(?: (.*))?$/.exec(statusLine) ?? []
  if (status === undefined) {
    throw lines.fail(`the server answered with '${statusLine.slice(0, 60)}', which is no HTTP/1.1`)
  }
  return { status: Number(status), statusText, headers: await readFields(lines) }
}

async function readFields(lines: LineReader): Promise<Headers> {
  const headers = new Headers()
  for (;;) {
    const line = await lines.line()
    if (line === '') return headers
    const colon = line.indexOf(':')
    try {
      headers.append(line.slice(0, Math.max(0, colon)).trimEnd(), line.slice(colon + 1).trim())
    } catch {
      throw lines.fail(`the server sent the field '${line.slice(0, 60)}', which is malformed`)
    }
  }
}

/**
 * Body that follows a head, framed by RFC 9112 §6.3; null where there can be none.
 *
 * @throws WebError ERR_WEB_HTTP for an invalid length
 */
export function bodyOf(
  lines: LineReader,
  { status, headers }: ResponseHead,
  method: string,
): ReadableStream<Uint8Array<ArrayBuffer>> | null {
  if (method === 'HEAD' || withoutBody.has(status)) {
    // It may be broken already.
    lines.cancel('the response has no body').catch(() => {})
    return null
  }
  const chunks = headers.has('transfer-encoding') ? chunked(lines, headers) : counted(lines, headers)
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { value, done } = await chunks.next()
      if (!done) return controller.enqueue(value)
      controller.close()
      await lines.cancel('the response is complete')
    },
    cancel: (reason) => lines.cancel(reason),
  })
}

async function* chunked(lines: LineReader, headers: Headers): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const coding = headers.get('transfer-encoding')
  if (coding?.toLowerCase() !== 'chunked') throw lines.fail(`the transfer coding '${coding}' is unknown`)
  for (;;) {
    const size = (await lines.chunkLine()).split(';', 1)[0]?.trim() ?? ''
    if (!/^[0-9a-f]{1,12}$/i.test(size)) throw lines.fail(`'${size.slice(0, 20)}' is no size of a chunk`)
    const bytes = Number.parseInt(size, 16)
    if (bytes === 0) return void (await readFields(lines))
    yield* exactly(lines, bytes)
    if ((await lines.chunkLine()) !== '') throw lines.fail('a chunk is longer than its size')
  }
}

async function* counted(lines: LineReader, headers: Headers): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const length = headers.get('content-length')
  if (length === null) return yield* untilEnd(lines)
  // Two equal lengths count as one (RFC 9110 §8.6).
  const [first = '', ...others] = length.split(',').map((each) => each.trim())
  if (!/^\d{1,15}$/.test(first) || others.some((each) => each !== first))
    throw lines.fail(`'${length.slice(0, 40)}' is no Content-Length`)
  yield* exactly(lines, Number(first))
}

async function* untilEnd(lines: LineReader): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for (;;) {
    const piece = await lines.bytes(pieceBytes)
    if (piece === undefined) return
    yield piece
  }
}

async function* exactly(lines: LineReader, bytes: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let left = bytes
  while (left > 0) {
    const piece = await lines.bytes(Math.min(left, pieceBytes))
    if (piece === undefined) throw lines.fail(`the body ended ${left} bytes before its length`)
    left -= piece.length
    yield piece
  }
}
