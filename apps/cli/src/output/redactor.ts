import { createHash } from 'node:crypto'
import { doSteps, type Steps } from '../steps.js'
import { SecretIndex } from './secret-index.js'

/** Text in place of a secret in a log line. */
const redacted = '[redacted]'

/**
 * Removes secrets from output. It removes the secrets added to it, in every form in which they are sent (escaped,
 * hashed as in the query of a link). It also removes text in places of secrets: the credentials of a URL, its `token=`,
 * fields with the name of a secret.
 */
export class Redactor {
  readonly #secrets = new SecretIndex()

  /** Adds secrets: tokens, passwords, keys, and URLs with credentials. */
  add(...secrets: readonly string[]): void {
    this.addAll(secrets)
  }

  /** Adds any number of secrets: a call of a function has some 100,000 arguments at most. */
  addAll(secrets: Iterable<string>): void {
    doSteps(this.addInSteps(secrets))
  }

  /** The same in steps. */
  *addInSteps(secrets: Iterable<string>): Steps<void> {
    for (const secret of secrets) {
      for (const form of formsOf(secret)) this.#secrets.add(form)
      yield
    }
  }

  /** Returns the text without its secrets. */
  clean(text: string): string {
    const withoutUrls = text.replace(urlCredentials, `://${redacted}@`).replace(secretParameters, `$1${redacted}`)
    return this.#secrets.replace(withoutUrls, redacted)
  }

  /** Returns a copy of a log line's fields in which no string contains a secret, at any depth. */
  cleanFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return this.#cleanObject(fields, maxDepth)
  }

  #cleanObject(fields: object, depth: number): Record<string, unknown> {
    const entries = Object.entries(fields).map(([name, value]): [string, unknown] => [
      name,
      secretName.test(name) ? hide(value) : this.#cleanValue(value, depth),
    ])
    return Object.fromEntries(entries)
  }

  #cleanValue(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.clean(value)
    if (value instanceof URL) return this.clean(value.href)
    if (typeof value !== 'object' || value === null) return value
    if (depth === 0) return '[…]'
    if (Array.isArray(value)) return value.map((element: unknown) => this.#cleanValue(element, depth - 1))
    return ArrayBuffer.isView(value) ? `${value.byteLength} bytes` : this.#cleanObject(value, depth - 1)
  }
}

/** Maximum depth: fields of log lines are flat; deeper nesting is a mistake, perhaps a circular one. */
const maxDepth = 5

/** Without the scheme: looking for its beginning would read a long word of a peer once for each character. */
const urlCredentials = /:\/\/[^/\s"'<>\\]*@/g
const secretParameters = /([?&](?:token|secret|password|api[-_]?key)=)[^&\s"'<>\\]+/gi
const secretName = /(?:token|tokens|tokenhash|password|secret|api[-_]?key|authorization)$/i

/** Hides a value; counts and flags about secrets are not secret. */
function hide(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' || value === undefined || value === null
    ? value
    : redacted
}

function formsOf(secret: string): readonly string[] {
  if (secret === '' || secret === notSecret) return []
  const credentials = credentialsOf(secret)
  if (credentials !== undefined) return credentials.flatMap(formsOf)
  // protocol.md §1: in the query of /socket the token's hash opens a link like the token itself.
  const hash = createHash('sha256').update(secret).digest('hex')
  const escaped = JSON.stringify(secret).slice(1, -1)
  return [secret, hash, escaped, encodeURIComponent(wellFormed(secret)), Buffer.from(secret).toString('base64')]
}

/** Makes a text well-formed: half a surrogate pair is sent as U+FFFD, and cannot be percent-encoded. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}

/** Token of clients without one: it gives no access. */
const notSecret = 'anonymous'

/** User name and password of a URL, as written and decoded; undefined for a text that is no URL. */
function credentialsOf(text: string): readonly string[] | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text)) return undefined
  const { username, password, searchParams } = new URL(text)
  const written = [password, searchParams.get('token') ?? '']
  const meant = [password].map(decode)
  const both = password === '' ? [] : [`${username}:${password}`, `${decode(username)}:${decode(password)}`]
  return [...written, ...meant, ...both].filter((each) => each !== '')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
