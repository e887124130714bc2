import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { Target } from '@ls/dial'
import { formatAuthority } from '../message/authority.js'
import { isReservedConnectField } from '../message/connect-fields.js'

/** Replaces `{source}` if no source is known. */
const unknownSource = 'unknown'

/**
 * The caller's own fields for a CONNECT request, with `{target}` and `{source}` filled in as `host:port`.
 *
 * @throws {TypeError} for a name or value that HTTP does not allow, and for a field that the tunnel needs itself.
 */
export function fillHeaders(
  headers: Readonly<Record<string, string>>,
  target: Target,
  source: Target | undefined,
): [string, string][] {
  const values = {
    target: formatAuthority(target),
    source: source === undefined ? unknownSource : formatAuthority(source),
  }
  return Object.entries(headers).map(([name, template]) => {
    validateHeaderName(name)
    if (isReservedConnectField(name)) throw new TypeError(`the header ${name} cannot be set on a CONNECT request`)
    const value = template.replaceAll(/\{(source|target)\}/g, (_all, key: 'source' | 'target') => values[key])
    validateHeaderValue(name, value)
    return [name, value]
  })
}
