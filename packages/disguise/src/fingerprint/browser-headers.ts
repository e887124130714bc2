import type { Profile } from './profiles.js'

/** Inputs for the headers of one connection. */
export interface HeaderValues {
  /** Host with its port, unless that is the scheme's own; undefined leaves it to the WebSocket. */
  readonly host: string | undefined
  readonly secure: boolean
  readonly userAgent: string
  /** The user's headers; they replace the browser's of the same name in place. */
  readonly given: Readonly<Record<string, string>>
}

/**
 * Returns all headers of the upgrade, in the browser's order and spelling, then the user's others. Headers that the
 * WebSocket writes keep their place, and the sender overwrites their value.
 */
export function browserHeaders(profile: Profile, { host, secure, userAgent, given }: HeaderValues): [string, string][] {
  const own = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), [name, value] as const]))
  const shownHost = own.get('host')?.[1] ?? host
  const values = new Map<string, string | undefined>([
    ['host', shownHost],
    ['user-agent', userAgent],
    ['origin', shownHost === undefined ? undefined : `${secure ? 'https' : 'http'}://${shownHost}`],
    ['cookie', undefined],
  ])
  const headers: [string, string][] = []
  for (const [name, fixed] of profile.headers) {
    const key = name.toLowerCase()
    const value = own.get(key)?.[1] ?? (values.has(key) ? values.get(key) : fixed)
    own.delete(key)
    if (value !== undefined) headers.push([name, value])
  }
  for (const [name, value] of own.values()) headers.push([name, value])
  return headers
}

/** Whether the WebSocket below writes this header itself. */
export function isHandshakeHeader(name: string): boolean {
  return /^(?:connection|upgrade|sec-websocket-.*)$/i.test(name)
}
