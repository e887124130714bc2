import { revealToken, type TokenKind, type TokenPolicy, type TokenRequest } from '../api/tokens.js'

/** Request with the fields of the form; the server checks them and reports mistakes. @throws ApiError */
export async function requestOf(kind: TokenKind, fields: FormData): Promise<TokenRequest> {
  const policy = policyOf(fields)
  const port = numberOf(fields, 'port')
  const reverse = textOf(fields, 'reverse')
  return {
    type: kind,
    ...(port === undefined ? {} : { port }),
    ...(kind === 'connector' && reverse !== undefined ? { reverse_token: await revealToken(reverse) } : {}),
    ...(Object.keys(policy).length === 0 ? {} : { policy }),
  }
}

function policyOf(fields: FormData): TokenPolicy {
  const expires = textOf(fields, 'expiresAt')
  const rate = defined({ up: textOf(fields, 'up'), down: textOf(fields, 'down') })
  return defined({
    name: textOf(fields, 'name'),
    note: textOf(fields, 'note'),
    maxLinks: numberOf(fields, 'maxLinks'),
    maxChannels: numberOf(fields, 'maxChannels'),
    rate: Object.keys(rate).length === 0 ? undefined : rate,
    expiresAt: expires === undefined ? undefined : new Date(expires).toISOString(),
    allow: listOf(fields, 'allow'),
    deny: listOf(fields, 'deny'),
    sources: listOf(fields, 'sources'),
  })
}

function textOf(fields: FormData, name: string): string | undefined {
  const value = fields.get(name)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

function numberOf(fields: FormData, name: string): number | undefined {
  const text = textOf(fields, name)
  return text === undefined ? undefined : Number(text)
}

function listOf(fields: FormData, name: string): string[] | undefined {
  return textOf(fields, name)?.split(/[\s,]+/)
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}
