import { textOf } from '@ls/foundation'
import type { Account } from '@ls/relay'
import type { PolicyOptions } from '../policy/policy-options.js'
import { Policy } from '../policy/policy.js'
import { quotaPeriods, type UsedAmounts } from '../quota/quota.js'
import type { RelayIdentity } from '../tokens/token-registry.js'

/** A token that survives the process. */
export type StoredToken = StoredForwardToken | StoredReverseToken | StoredConnectorToken

interface StoredPart {
  readonly token: string
  readonly policy?: PolicyOptions
}

interface StoredForwardToken extends StoredPart {
  readonly kind: 'forward'
}

export interface StoredReverseToken extends StoredPart {
  readonly kind: 'reverse'
  readonly port: number
  readonly username?: string
  readonly password?: string
  /** More accounts for the port. */
  readonly accounts?: readonly Account[]
  /** Address of its SOCKS port, if it is not that of the server. */
  readonly socksHost?: string
  /** SOCKS addresses in place of its host and port. */
  readonly socksListen?: readonly string[]
  readonly socksNowait?: boolean
  readonly allowManageConnector?: boolean
  /** Ports that its providers may open. */
  readonly ports?: string
  /** Identity of a provider without a token, on a relay. */
  readonly identity?: RelayIdentity
}

export interface StoredConnectorToken extends StoredPart {
  readonly kind: 'connector'
  readonly reverseToken: string
  /** Provider that added it. */
  readonly owner?: string
  /** Whether it is under the policy of the reverse token. */
  readonly sharesPolicy?: boolean
}

/** Content of a state file. */
export interface StateContent {
  readonly tokens: readonly StoredToken[]
  /** Random tokens that the program created, by their use. */
  readonly made: Readonly<Record<string, string>>
  /** Bytes of quotas that tokens have used, by `tokenKey`. */
  readonly used: Readonly<Record<string, UsedAmounts>>
}

export const emptyState: StateContent = { tokens: [], made: {}, used: {} }

/**
 * Version of the file format. A change that old programs cannot read gets the next number, and a step in {@link
 * parseState}.
 */
const schema = 1

export function formatState({ tokens, made, used }: StateContent): string {
  const usedPart = Object.keys(used).length === 0 ? {} : { used }
  return `${JSON.stringify({ schema, made, tokens, ...usedPart }, undefined, 1)}\n`
}

/** Parses a state file. @throws RangeError that says what is wrong; never with a value, since values are secrets */
export function parseState(text: string): StateContent {
  const json = objectOf(readJson(text), 'the whole')
  if (json['schema'] !== schema) {
    throw new RangeError(`its schema is ${String(json['schema'])}; this version of the program knows ${schema}`)
  }
  const tokens: unknown = json['tokens'] ?? []
  if (!Array.isArray(tokens)) throw new RangeError('tokens is no list')
  const made = Object.entries(objectOf(json['made'] ?? {}, 'made'))
  const isText = made.every((entry): entry is [string, string] => typeof entry[1] === 'string')
  if (!isText) throw new RangeError('made has a value that is no text')
  const used = Object.entries(objectOf(json['used'] ?? {}, 'used'))
  return {
    tokens: tokens.map((value, index) => parseToken(value, `tokens.${index}`)),
    made: Object.fromEntries(made),
    used: Object.fromEntries(used.map(([key, value], index) => [key, parseUsed(value, `used.${index}`)])),
  }
}

function parseUsed(value: unknown, where: string): UsedAmounts {
  const json = objectOf(value, where)
  const known = quotaPeriods.filter((period) => json[period] !== undefined)
  return Object.fromEntries(
    known.map((period) => {
      const part = objectOf(json[period], `${where}.${period}`)
      const read = (key: string, type: string): unknown => need(part, key, type, `${where}.${period}`)
      const bytes = read('bytes', 'number') as number
      // A negative amount would allow more than the limit.
      if (!Number.isSafeInteger(bytes) || bytes < 0)
        throw new RangeError(`${where}.${period}.bytes is no number of bytes`)
      return [period, { period: read('period', 'string'), bytes }]
    }),
  )
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RangeError('it is no JSON')
  }
}

/** Parses one token. @throws RangeError as {@link parseState} */
export function parseToken(value: unknown, where: string): StoredToken {
  const json = objectOf(value, where)
  const text = (key: string): string => need(json, key, 'string', where) as string
  const policy = json['policy'] === undefined ? {} : { policy: policyOf(json['policy'], where) }
  const part = { token: text('token'), ...policy }
  switch (json['kind']) {
    case 'forward':
      return { kind: 'forward', ...part }
    case 'connector':
      return {
        kind: 'connector',
        ...part,
        reverseToken: text('reverseToken'),
        ...optional(json, 'owner', 'string', where),
        ...optional(json, 'sharesPolicy', 'boolean', where),
      }
    case 'reverse':
      return {
        kind: 'reverse',
        ...part,
        port: need(json, 'port', 'number', where) as number,
        ...optional(json, 'username', 'string', where),
        ...optional(json, 'password', 'string', where),
        ...list(json, 'accounts', where, accountOf),
        ...optional(json, 'socksHost', 'string', where),
        ...list(json, 'socksListen', where, textIn),
        ...optional(json, 'socksNowait', 'boolean', where),
        ...optional(json, 'allowManageConnector', 'boolean', where),
        ...optional(json, 'ports', 'string', where),
        ...identityOf(json, where),
      }
    default:
      throw new RangeError(`${where}.kind is none of forward, reverse, connector`)
  }
}

function identityOf(json: Readonly<Record<string, unknown>>, where: string): { identity?: RelayIdentity } {
  if (json['identity'] === undefined) return {}
  const place = `${where}.identity`
  const identity = objectOf(json['identity'], place)
  const madeAtMs = need(identity, 'madeAtMs', 'number', place) as number
  const address = need(identity, 'address', 'string', place) as string
  const day = identity['day'] === undefined ? {} : { day: dayOf(identity['day'], `${place}.day`) }
  return { identity: { madeAtMs, address, ...optional(identity, 'instance', 'string', place), ...day } }
}

function dayOf(value: unknown, where: string): NonNullable<RelayIdentity['day']> {
  const day = objectOf(value, where)
  const bytes = need(day, 'bytes', 'number', where) as number
  // A negative amount would allow more than the limit.
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw new RangeError(`${where}.bytes is no number of bytes`)
  return { bytes, endsAtMs: need(day, 'endsAtMs', 'number', where) as number }
}

function accountOf(value: unknown, where: string): Account {
  const json = objectOf(value, where)
  const text = (key: string): string => need(json, key, 'string', where) as string
  return { username: text('username'), password: text('password') }
}

function textIn(value: unknown, where: string): string {
  if (typeof value === 'string') return value
  throw new RangeError(`${where} is no string`)
}

function policyOf(value: unknown, where: string): PolicyOptions {
  try {
    return Policy.parse(value, [where, 'policy']).options
  } catch (error) {
    throw new RangeError(textOf(error), { cause: error })
  }
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new RangeError(`${what} is no object`)
}

function need(json: Readonly<Record<string, unknown>>, key: string, type: string, where: string): unknown {
  if (typeof json[key] === type) return json[key]
  throw new RangeError(`${where}.${key} is no ${type}`)
}

function optional(json: Readonly<Record<string, unknown>>, key: string, type: string, where: string): object {
  return json[key] === undefined ? {} : { [key]: need(json, key, type, where) }
}

function list(
  json: Readonly<Record<string, unknown>>,
  key: string,
  where: string,
  read: (value: unknown, where: string) => unknown,
): object {
  const value = json[key]
  if (value === undefined) return {}
  if (!Array.isArray(value)) throw new RangeError(`${where}.${key} is no list`)
  return { [key]: value.map((each, index) => read(each, `${where}.${key}.${index}`)) }
}
