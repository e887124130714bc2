/** Header fields as Node's parser gives them: name, value, name, value, in order and as spelled. */
export type RawHeaders = readonly string[]

/** Fields that concern one connection only (RFC 9110 §7.6.1), with the proxy's own and the obsolete ones. */
const hopByHop = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

/**
 * Fields that every hop needs, so that no Connection field may remove them (RFC 9110 §7.6.1): those that frame, route
 * and describe a message, and those with its sender and authorization. Without them the next hop would read another
 * message than we did.
 */
const endToEndAlways = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'max-forwards',
  'range',
  'set-cookie',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
])

/** Fields that frame or route a message; they have no place in trailers (RFC 9110 §6.5.1). */
const framing = new Set(['content-length', 'host', 'trailer'])

/** Names of fields, in lower case, that Connection fields declare as meant for this connection only. */
export function connectionOptions(headers: RawHeaders): Set<string> {
  const names = new Set<string>()
  for (const value of fieldValues(headers, 'connection')) {
    for (const option of value.split(',')) names.add(option.trim().toLowerCase())
  }
  names.delete('')
  return names
}

/**
 * The fields to pass on: all but the hop-by-hop ones and those in `alsoDrop`; order, spelling and repeats stay. `_`
 * counts as `-`, since web servers give programs both under one name (RFC 3875 §4.1.18).
 */
export function endToEnd(headers: RawHeaders, alsoDrop?: ReadonlySet<string>): string[] {
  const options = connectionOptions(headers)
  const kept: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] as string
    const key = name.toLowerCase().replaceAll('_', '-')
    const isNamed = options.has(name.toLowerCase()) && !endToEndAlways.has(key)
    if (isNamed || hopByHop.has(key) || alsoDrop?.has(key)) continue
    kept.push(name, headers[at + 1] as string)
  }
  return kept
}

/** The trailer fields to pass on, in the shape that `addTrailers` takes. */
export function endToEndTrailers(trailers: RawHeaders): [string, string][] {
  const kept = endToEnd(trailers, framing)
  const pairs: [string, string][] = []
  for (let at = 0; at < kept.length; at += 2) pairs.push([kept[at] as string, kept[at + 1] as string])
  return pairs
}

type Kept = { readonly httpVersion: string; readonly rawHeaders: RawHeaders }

/** Whether the sender of a message will keep its connection open (RFC 9112 §9.3). */
export function keepsConnection({ httpVersion, rawHeaders }: Kept): boolean {
  if (hasToken(rawHeaders, 'connection', 'close')) return false
  return httpVersion !== '1.0' || hasToken(rawHeaders, 'connection', 'keep-alive')
}

/** Whether a client explicitly requests to keep its connection to the proxy. */
export function asksToKeep({ rawHeaders }: Pick<Kept, 'rawHeaders'>): boolean {
  return ['connection', 'proxy-connection'].some((name) => hasToken(rawHeaders, name, 'keep-alive'))
}

/** Every value of the field `name` (lower case), in order. */
export function fieldValues(headers: RawHeaders, name: string): string[] {
  const values: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const field = headers[at] as string
    if (field.length === name.length && field.toLowerCase() === name) values.push(headers[at + 1] as string)
  }
  return values
}

/** Whether a comma-separated field contains `token` (lower case); parameters such as `;q=0.5` do not count. */
export function hasToken(headers: RawHeaders, name: string, token: string): boolean {
  return fieldValues(headers, name).some((value) =>
    value.split(',').some((part) => part.split(';', 1)[0]?.trim().toLowerCase() === token),
  )
}
