import { maxCredentialsBytes } from '../limits.js'

/** An account of the proxy (RFC 7617): the user name has no colon, both are UTF-8. */
export interface Account {
  /** Without a colon. */
  readonly username: string
  /** May be empty. */
  readonly password: string
}

/** The value of a Proxy-Authorization field. */
export function formatBasic(account: Account): string {
  return `Basic ${Buffer.from(joinAccount(account)).toString('base64')}`
}

/** Reads the value of a Proxy-Authorization field; undefined when it is not Basic or not well-formed. */
export function parseBasic(value: string): Account | undefined {
  const token = /^basic +(?<token>[a-z0-9+/]+={0,2}) *$/i.exec(value)?.groups?.['token']
  if (token === undefined) return undefined
  const bytes = Buffer.from(token, 'base64')
  const text = bytes.toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0 || bytes.length > maxCredentialsBytes) return undefined
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** `user:password` as Basic encodes it. @throws {TypeError | RangeError} for an account that no client could send */
export function joinAccount({ username, password }: Account): string {
  if (typeof username !== 'string' || typeof password !== 'string') {
    throw new TypeError('an account needs a username and a password, both strings')
  }
  if (username.includes(':')) throw new TypeError('a username must not contain a colon (RFC 7617 §2)')
  const text = `${username}:${password}`
  const size = Buffer.byteLength(text)
  if (size <= maxCredentialsBytes) return text
  throw new RangeError(`username and password have ${size} bytes together, the limit is ${maxCredentialsBytes}`)
}
