/** The head of a response to CONNECT, as far as a tunnel needs it. */
export interface ResponseHead {
  readonly status: number
  /** Bytes that the head takes, empty line included. */
  readonly length: number
  /** Flat list of names and values, as Node's `rawHeaders`. */
  readonly fields: readonly string[]
}

/** Reason why bytes are not a response head. */
export interface BadResponseHead {
  readonly problem: string
}

/**
 * Reads a response head (RFC 9112 §4) off the front of `bytes`. Nothing of it is passed on, so it may be read
 * leniently: lines may end in LF alone, and folded or odd lines are skipped.
 *
 * @returns undefined while the head is not whole.
 */
export function parseResponseHead(bytes: Buffer): ResponseHead | BadResponseHead | undefined {
  const length = headLength(bytes)
  // A peer that is no HTTP server at all may never send an empty line.
  const start = bytes.toString('latin1', 0, Math.min(bytes.length, statusPrefix.length))
  if (!statusPrefix.startsWith(start))
    return { problem: `it begins with ${JSON.stringify(bytes.toString('latin1', 0, 16))}` }
  if (length === undefined) return undefined
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, length).split(/\r?\n/)
  const status = /^HTTP\/1\.[01] (?<status>[1-9]\d\d)(?: |$)/.exec(statusLine)?.groups?.['status']
  if (status === undefined) return { problem: `its status line is ${JSON.stringify(statusLine.slice(0, 60))}` }
  return { status: Number(status), length, fields: lines.flatMap(parseField) }
}

const statusPrefix = 'HTTP/1.'
const lf = 0x0a
const cr = 0x0d

function headLength(bytes: Buffer): number | undefined {
  for (let at = bytes.indexOf(lf); at >= 0; at = bytes.indexOf(lf, at + 1)) {
    const next = bytes[at + 1] === cr ? at + 2 : at + 1
    if (bytes[next] === lf) return next + 1
  }
  return undefined
}

function parseField(line: string): [string, string] | [] {
  const groups = /^(?<name>[^\s:]+):(?<value>.*)$/.exec(line)?.groups
  return groups === undefined ? [] : [groups['name'] ?? '', (groups['value'] ?? '').trim()]
}
