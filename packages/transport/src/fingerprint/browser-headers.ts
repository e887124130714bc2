import type { Profile } from './profiles.js'

/** What the headers of one connection depend on. */
export interface HeaderValues {
  /** With its port, unless that is the scheme's own; undefined leaves it to the WebSocket. */
  readonly host: string | undefined
  readonly secure: boolean
  readonly userAgent: string
  /** The user's; they win over the browser's of the same name, and take its place. */
  readonly given: Readonly<Record<string, string>>
}

/**
 * All headers of the upgrade, in the browser's order and spelling, then those that the browser does not have. What the
 * WebSocket writes itself keeps its place: who sends them overwrites the value.
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

/** Headers that the WebSocket below writes itself. */
export function isHandshakeHeader(name: string): boolean {
  return /^(?:connection|upgrade|sec-websocket-.*)$/i.test(name)
}
