import { ApiRefusal } from '@ls/observe/http'
import { PolicyFault } from '../../policy/policy-fault.js'
import { Policy } from '../../policy/policy.js'

/** Known fields of a request's body; others are ignored, as on deployed servers. */
export interface TokenBody {
  readonly type?: string
  readonly token?: string
  readonly port?: number
  readonly username?: string
  readonly password?: string
  readonly reverseToken?: string
  readonly allowManageConnector?: boolean
  readonly policy?: Policy
  readonly ports?: string
}

/**
 * Reads the body of a request about a token. As on deployed servers, a field that is null or its type's zero value
 * (`""`, 0, false) counts as missing; only `ports` may be empty.
 *
 * @throws ApiRefusal 400 when it is no JSON object or a field has the wrong type; the error shows no values, since they
 * are secrets
 */
export function parseTokenBody(text: string): TokenBody {
  const json = parseObject(text)
  const string = (name: string): string | undefined => field(json, name, 'string', 'a string') || undefined
  const boolean = (name: string): boolean | undefined => field(json, name, 'boolean', 'true or false') || undefined
  const port = field(json, 'port', 'number', 'a whole number') || undefined
  if (port !== undefined && !Number.isInteger(port)) throw wrongType('port', 'a whole number')
  return defined({
    type: string('type'),
    token: string('token'),
    port,
    username: string('username'),
    password: string('password'),
    reverseToken: string('reverse_token'),
    allowManageConnector: boolean('allow_manage_connector'),
    policy: policyOf(json),
    // An empty text allows no ports; a missing field does not. Deployed servers do not have this field.
    ports: field(json, 'ports', 'string', 'a string'),
  })
}

/** Reads the body of `POST /api/log-level`. @throws ApiRefusal 400 as {@link parseTokenBody} does */
export function parseLogLevel(text: string): { readonly level: string; readonly part: string | undefined } {
  const json = parseObject(text)
  const level = field(json, 'level', 'string', 'a string')
  if (level === undefined) throw wrongType('level', 'a string')
  return { level, part: field(json, 'part', 'string', 'a string') || undefined }
}

/** Parses the policy as strictly as in a file: a limit with a misspelt name would not apply. */
function policyOf(json: object): Policy | undefined {
  const value: unknown = Object.hasOwn(json, 'policy') ? (json as { policy: unknown }).policy : undefined
  if (value === undefined || value === null) return undefined
  try {
    return Policy.parse(value)
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error
    throw new ApiRefusal(400, `invalid request body: ${error.message}`)
  }
}

interface TypeOf {
  readonly string: string
  readonly boolean: boolean
  readonly number: number
}

/**
 * Parses a JSON object.
 *
 * @throws ApiRefusal 400 for any other value
 */
export function parseObject(text: string): object {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // Exactly the text of deployed servers.
    throw new ApiRefusal(400, 'invalid request body')
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json
  throw new ApiRefusal(400, 'invalid request body: it must be a JSON object')
}

function field<T extends keyof TypeOf>(json: object, name: string, type: T, words: string): TypeOf[T] | undefined {
  // Own fields only: an object literal has a `constructor` too.
  const value: unknown = Object.hasOwn(json, name) ? (json as Record<string, unknown>)[name] : undefined
  if (value === undefined || value === null) return undefined
  if (typeof value !== type) throw wrongType(name, words)
  return value as TypeOf[T]
}

function wrongType(name: string, words: string): ApiRefusal {
  return new ApiRefusal(400, `invalid request body: ${name} must be ${words}`)
}

/** Copy of an object without the fields that are undefined. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
