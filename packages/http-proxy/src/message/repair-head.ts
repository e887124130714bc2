/** How the end of a response's body is found (RFC 9112 §6.3). */
export type ResponseBody = { readonly kind: 'none' | 'chunked' | 'until-close' | 'upgraded' } | CountedBody

interface CountedBody {
  readonly kind: 'counted'
  readonly bytes: number
}

/** A response head in the form of RFC 9112. */
export interface RepairedHead {
  readonly text: string
  /** Whether it is a 1xx response, after which another head follows. */
  readonly isInformational: boolean
  readonly body: ResponseBody
  /** Whether the framing was doubtful: no further response may be read from this connection. */
  readonly isLast: boolean
}

/**
 * Rewrites a response head as a client without a proxy would have understood it. The guide on proxies lists the
 * repairs.
 *
 * @param lines Without their ends and without the empty line.
 * @param method Of the request, since HEAD has no body in its response.
 * @returns undefined for a head that must not be repaired, such as one with two lengths: the strict parser refuses it.
 */
export function repairHead(lines: readonly string[], method: string): RepairedHead | undefined {
  const status = parseStatusLine(lines[0] ?? '')
  const fields = parseFields(lines.slice(1))
  if (status === undefined || fields === undefined) return undefined
  const framing = frame(fields)
  if (framing === undefined) return undefined
  const text = [status.line, ...framing.fields.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n')
  return {
    text,
    isInformational: status.code < 200 && status.code !== 101,
    body: bodyOf(status.code, method, framing),
    isLast: framing.isDoubtful,
  }
}

/**
 * Parses a line of a field or trailer; undefined for a line without a name. The caller drops fields whose name is not a
 * token.
 */
export function parseField(line: string): Field | undefined {
  const colon = line.indexOf(':')
  if (colon < 0) return undefined
  // RFC 9112 §5.1: a proxy removes blanks before the colon.
  return [withoutLastBlanks(line.slice(0, colon)), withoutControls(line.slice(colon + 1)).trim()]
}

/** A regular expression would read a run of blanks once for each of them, which takes seconds for 64 KiB. */
function withoutLastBlanks(text: string): string {
  let end = text.length
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end--
  return text.slice(0, end)
}

export function isFieldName(name: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i.test(name)
}

/** Name and value. */
export type Field = readonly [name: string, value: string]

interface Framing {
  readonly fields: readonly Field[]
  readonly codings: readonly string[]
  readonly length: number | undefined
  readonly isDoubtful: boolean
}

/**
 * Parses a status line in all forms that servers send: any case, several blanks, a later minor version (RFC 9110 §2.5),
 * no reason.
 */
function parseStatusLine(line: string): { readonly line: string; readonly code: number } | undefined {
  const match = /^HTTP\/(?<version>1\.\d|2\.0)[ \t]+(?<code>[1-9]\d\d)(?:[ \t]+(?<reason>.*))?$/is.exec(line)?.groups
  if (match === undefined || line.includes('\0')) return undefined
  const { version, code, reason = '' } = match
  const text = `HTTP/${version === '1.0' ? '1.0' : '1.1'} ${code} ${withoutControls(reason).trimEnd()}`
  return { line: text, code: Number(code) }
}

/** Parses the fields; undefined for lines that must be refused: with NUL (RFC 9110 §5.5), or without a colon. */
function parseFields(lines: readonly string[]): Field[] | undefined {
  const fields: Field[] = []
  for (const line of unfold(lines)) {
    if (line.includes('\0')) return undefined
    const field = parseField(line)
    if (field === undefined) return undefined
    if (isFieldName(field[0])) fields.push(field)
  }
  return fields
}

/** Joins folded lines (RFC 9112 §5.2). A line with blanks before the first field is skipped (§2.2). */
function unfold(lines: readonly string[]): string[] {
  const whole: string[][] = []
  for (const line of lines) {
    if (!/^[ \t]/.test(line)) whole.push([line])
    else whole.at(-1)?.push(line.trim())
  }
  return whole.map((parts) => parts.join(' '))
}

/** Replaces equal lengths by one, and removes a length beside chunks (RFC 9112 §6.3). */
function frame(fields: readonly Field[]): Framing | undefined {
  const codings = listOf(fields, 'transfer-encoding').filter((coding) => coding !== '' && coding !== 'identity')
  const lengths = fields.filter(([name]) => name.toLowerCase() === 'content-length')
  const length = lengths.length === 0 ? undefined : oneLength(listOf(fields, 'content-length'))
  if (codings.length === 0 && lengths.length > 0 && length === undefined) return undefined
  const kept = fields.filter(
    (field) => !isNamed(field, 'content-length') && (codings.length > 0 || !isNamed(field, 'transfer-encoding')),
  )
  const place = fields.findIndex((field) => isNamed(field, 'content-length'))
  if (codings.length === 0 && length !== undefined) kept.splice(place, 0, ['Content-Length', String(length)])
  return { fields: kept, codings, length, isDoubtful: codings.length > 0 && lengths.length > 0 }
}

function bodyOf(code: number, method: string, { codings, length }: Framing): ResponseBody {
  if (code === 101) return { kind: 'upgraded' }
  if (method === 'HEAD' || code < 200 || code === 204 || code === 304) return { kind: 'none' }
  if (codings.length > 0) return { kind: codings.at(-1) === 'chunked' ? 'chunked' : 'until-close' }
  return length === undefined ? { kind: 'until-close' } : { kind: 'counted', bytes: length }
}

/** Returns the length; undefined where the values are no lengths, differ, or are too large to count. */
function oneLength(values: readonly string[]): number | undefined {
  const [first = ''] = values
  if (!values.every((value) => /^\d+$/.test(value) && Number(value) === Number(first))) return undefined
  return Number.isSafeInteger(Number(first)) ? Number(first) : undefined
}

/** Returns the elements of a list field, in lower case. */
function listOf(fields: readonly Field[], name: string): string[] {
  return fields
    .filter((field) => isNamed(field, name))
    .flatMap(([, value]) => value.split(','))
    .map((element) => element.trim().toLowerCase())
}

function isNamed([name]: Field, wanted: string): boolean {
  return name.toLowerCase() === wanted
}

/** Replaces control bytes, including a bare CR, by blanks (RFC 9112 §2.2, RFC 9110 §5.5); a tab stays. */
function withoutControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the characters to replace
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, ' ')
}
