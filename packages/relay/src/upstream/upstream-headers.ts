import { validateHeaderName, validateHeaderValue } from 'node:http'
import { isReservedConnectField } from '@ls/http-proxy'

/** Further header fields of the CONNECT requests to HTTP proxies, by name. */
export type UpstreamHeaders = Readonly<Record<string, string>>

/**
 * Parses fields like `X-Forwarded-For: {source}`. `{source}` becomes the address of the tunnel's client, or `unknown`,
 * and `{target}` becomes `host:port`.
 *
 * @throws RangeError naming the field and what is wrong with it; never the value, which may be a secret
 */
export function parseUpstreamHeaders(fields: readonly string[]): UpstreamHeaders {
  return checkUpstreamHeaders(Object.fromEntries(fields.map(parseField)))
}

/** Checks fields from a caller. @throws RangeError as {@link parseUpstreamHeaders} */
export function checkUpstreamHeaders(headers: UpstreamHeaders): UpstreamHeaders {
  for (const [name, value] of Object.entries(headers)) {
    check(name, 'a name', () => validateHeaderName(name))
    check(name, 'a value', () => validateHeaderValue(name, value))
    if (isReservedConnectField(name)) throw new RangeError(`the upstream header ${name} belongs to the tunnel itself`)
  }
  return headers
}

/** Replaces `{source}` for one tunnel; the sender replaces `{target}`. */
export function fillSource(headers: UpstreamHeaders, source = 'unknown'): UpstreamHeaders {
  const entries = Object.entries(headers).map(([name, value]) => [name, value.replaceAll('{source}', source)])
  return Object.fromEntries(entries) as UpstreamHeaders
}

function parseField(text: string): [string, string] {
  const colon = text.indexOf(':')
  if (colon < 1) throw new RangeError('an upstream header must be "Name: value"; one has no name or no colon')
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}

function check(name: string, part: string, validate: () => void): void {
  try {
    validate()
  } catch (error) {
    throw new RangeError(`the upstream header ${JSON.stringify(name)} has ${part} that HTTP does not allow`, {
      cause: error,
    })
  }
}
