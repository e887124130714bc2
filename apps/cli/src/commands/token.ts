import type { PolicyOptions } from '@ls/server'
import { callApi } from '../api/api-call.js'
import { apiPlaceOf } from '../api/api-place.js'
import { UsageError } from '../errors.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { definedOnly } from '../options/shared-options.js'
import type { Settings } from '../settings.js'
import { checkedPolicy, readPolicyText } from '../tokens/read-policy.js'
import type { CommandContext } from './context.js'

type TokenCommandSettings = Settings<'token'>

/** Actions of `linksocks token`. */
const tokenActions = ['add', 'list', 'show', 'revoke'] as const

/**
 * Manages the tokens of a running server over its API.
 *
 * @param words Arguments of the command: the action, and for `show` and `revoke` the token, its id or its name.
 */
export async function runToken(
  words: readonly string[],
  settings: TokenCommandSettings,
  { print }: Pick<CommandContext, 'print'>,
): Promise<ExitCode> {
  const [action, reference] = readWords(words)
  const place = apiPlaceOf(settings)
  switch (action) {
    case 'add': {
      const added = (await callApi(place, { method: 'POST', path: '/api/token', body: requestOf(settings) })) as Added
      if (settings.json) {
        print(JSON.stringify(added))
        break
      }
      print(`token: ${added.token}`)
      if (added.port !== undefined && added.port > 0) print(`port: ${added.port}`)
      break
    }
    case 'list': {
      const tokens = (await callApi(place, { method: 'GET', path: '/api/tokens' })) as Listed[]
      for (const line of settings.json ? [JSON.stringify(tokens)] : table(tokens)) print(line)
      break
    }
    case 'show': {
      const shown = await withReference(reference, callApi(place, { method: 'GET', path: pathOf(reference) }))
      for (const line of JSON.stringify(shown, undefined, 2).split('\n')) print(line)
      break
    }
    case 'revoke':
      await withReference(reference, callApi(place, { method: 'DELETE', path: pathOf(reference) }))
      print(`revoked: ${reference}`)
  }
  return exitCode.ok
}

/** Text of the API for a token that it does not have; deployed servers send the same. */
const unknownToken = 'token does not exist'

/** Names the token in the error for one that the server does not have. */
async function withReference<T>(reference: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof Error) || error.message !== unknownToken) throw error
    const cure = '"linksocks token list" shows the ids and the names of all'
    throw new Error(`the server has no token "${reference}"; ${cure}`, { cause: error })
  }
}

interface Added {
  readonly token: string
  readonly port?: number
}

interface Listed {
  readonly id: string
  readonly type: string
  readonly clients_count: number
  readonly kept: boolean
  readonly policy?: PolicyOptions
  readonly quota?: readonly ListedQuota[]
}

interface ListedQuota {
  readonly period: string
  readonly used_bytes: number
  readonly limit_bytes: number
}

function readWords(words: readonly string[]): readonly [action: (typeof tokenActions)[number], reference: string] {
  const [first, reference = '', extra] = words
  const action = tokenActions.find((name) => name === first)
  if (action === undefined) {
    const fault = first === undefined ? 'token needs an action' : `'${first}' is no action of token`
    throw new UsageError(`${fault}: linksocks token ${tokenActions.join('|')}`)
  }
  const needsOne = action === 'show' || action === 'revoke'
  if (needsOne && reference === '') throw new UsageError(`linksocks token ${action} needs a token, its id or its name`)
  const surplus = needsOne ? extra : words[1]
  if (surplus === undefined) return [action, reference]
  throw new UsageError(`linksocks token ${action} has no further argument`)
}

function pathOf(reference: string): string {
  return `/api/token/${encodeURIComponent(reference)}`
}

function requestOf(settings: TokenCommandSettings): object {
  const { type, token, reverseToken, socksPort, ports } = settings
  if (type !== 'reverse' && (ports !== undefined || socksPort !== 0))
    throw new UsageError(`${ports === undefined ? '--socks-port' : '--ports'} belongs to --type reverse`)
  if (type === 'connector' && reverseToken === undefined) {
    throw new UsageError('a connector token needs --reverse-token, the token of its providers')
  }
  const policy = policyOf(settings)
  return {
    type,
    ...definedOnly({ token, reverse_token: reverseToken, ports }),
    ...(socksPort === 0 ? {} : { port: socksPort }),
    ...(Object.keys(policy).length === 0 ? {} : { policy }),
  }
}

/** Policy of the flags. @throws UsageError for an invalid one, before a request to the server */
function policyOf(settings: Omit<TokenCommandSettings, 'type'>): PolicyOptions {
  const { policy, name, note, allow, deny, source, expires, maxChannels, maxLinks } = settings
  const given: { readonly quota?: object; readonly rate?: object } = policy === undefined ? {} : readPolicyText(policy)
  const options = {
    ...given,
    ...nonEmptyGroup('quota', { ...given.quota, ...quotaOf(settings) }),
    ...nonEmptyGroup('rate', { ...given.rate, ...definedOnly({ up: settings.rateUp, down: settings.rateDown }) }),
    ...definedOnly({ name, note, expiresAt: expires }),
    ...nonEmpty({ allow, deny, sources: source }),
    ...(maxChannels === 0 ? {} : { maxChannels }),
    ...(maxLinks === 0 ? {} : { maxLinks }),
  }
  return checkedPolicy(options, givenFlags(settings))
}

/** Flag of each key of a policy that has one, and its setting. */
const policyFlags = {
  name: ['name', '--name'],
  note: ['note', '--note'],
  allow: ['allow', '--allow'],
  deny: ['deny', '--deny'],
  sources: ['source', '--source'],
  expiresAt: ['expires', '--expires'],
  'rate.up': ['rateUp', '--rate-up'],
  'rate.down': ['rateDown', '--rate-down'],
  'quota.day': ['quotaDay', '--quota-day'],
  'quota.month': ['quotaMonth', '--quota-month'],
  'quota.rate': ['quotaRate', '--quota-rate'],
} as const satisfies Readonly<Record<string, readonly [keyof TokenCommandSettings, flag: string]>>

/** The flags that were given, by the path of their keys; other keys come from `--policy`. */
function givenFlags(settings: Omit<TokenCommandSettings, 'type'>): Readonly<Record<string, string>> {
  const given = Object.entries(policyFlags).filter(([, [setting]]) => (settings[setting] ?? []).length > 0)
  return Object.fromEntries(given.map(([key, [, flag]]) => [key, flag]))
}

function quotaOf({ quotaDay, quotaMonth, quotaEnd, quotaRate }: Omit<TokenCommandSettings, 'type'>): object {
  return definedOnly({ day: quotaDay, month: quotaMonth, atEnd: quotaEnd, rate: quotaRate })
}

function nonEmptyGroup(name: string, group: object): object {
  return Object.keys(group).length === 0 ? {} : { [name]: group }
}

function nonEmpty(lists: Readonly<Record<string, readonly string[]>>): object {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0))
}

/** Used part of each quota: `34 % of the day's quota`. */
function quotaText(uses: readonly ListedQuota[]): string {
  return uses
    .map(
      ({ period, used_bytes: used, limit_bytes: limit }) =>
        `${Math.floor((100 * used) / limit)} % of the ${period}'s quota`,
    )
    .join(', ')
}

/** Lines with aligned columns. */
function table(tokens: readonly Listed[]): readonly string[] {
  const rows = tokens.map(({ id, type, clients_count: clients, kept, policy, quota = [] }) => {
    const name = [policy?.name, policy?.note, quotaText(quota)].filter(Boolean).join(', ')
    return [id, type, clients === 1 ? '1 client' : `${clients} clients`, kept ? 'kept' : '', name]
  })
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
