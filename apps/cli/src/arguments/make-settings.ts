import type { CommandName } from '../command.js'
import { UsageError } from '../errors.js'
import { settingName, type Flag, type FlagValue } from '../flag.js'
import { flagsOf } from '../flags.js'
import type { Settings, TokenSettings } from '../settings.js'
import { readValue } from './flag-value.js'
import { readQuickLink } from './quick-link.js'

/** A flag of a command, with its given value. */
export type GivenValue = readonly [flag: Flag, value: FlagValue | undefined]

/** Settings of a command, with defaults for flags that were not given. Their type follows from the table of flags. */
export function makeSettings<C extends CommandName>(command: C, values: readonly GivenValue[]): Settings<C> {
  const given = new Map(values.map(([{ name }, value]) => [name, value]))
  return byName(flagsOf(command).map((flag) => [flag, given.get(flag.name)])) as Settings<C>
}

/** Settings of a further token of a server, from the values of all flags that each token may have. */
export function makeTokenSettings(values: readonly GivenValue[]): TokenSettings {
  return byName(values) as TokenSettings
}

function byName(values: readonly GivenValue[]): Readonly<Record<string, FlagValue | undefined>> {
  return Object.fromEntries(values.map(([flag, value]) => [settingName(flag), value ?? defaultOf(flag)]))
}

/** Treats a token from the URL like a token flag. */
export function withTokenOfUrl(values: readonly GivenValue[]): readonly GivenValue[] {
  const given = values.find(([{ name }]) => name === 'url')?.[1]
  if (typeof given !== 'string') return values
  const { url, token } = readQuickLink(given)
  if (token === undefined) return values
  return values.map(([flag, value]): GivenValue => {
    if (flag.name === 'url') return [flag, url]
    if (flag.name !== 'token') return [flag, value]
    if (value === undefined || value === token) return [flag, readValue(flag, token, 'the token in the URL')]
    throw new UsageError('the URL has a token, and --token (-t) is another one; give one of them')
  })
}

/** Secrets in a flag's value, which the log must leave out. */
export function secretsIn([flag, value]: GivenValue): readonly string[] {
  return textsOf(value).flatMap((text) => secretsInText(flag, text))
}

/** Secrets in a text. A URL without a scheme counts too: its host is no secret. */
function secretsInText(flag: Flag, text: string): readonly string[] {
  if (flag.secret !== 'url') return flag.secret === undefined ? [] : [text]
  const url = text.includes('://') ? text : `wss://${text}`
  return URL.canParse(url) ? [url] : secretPartsOf(url)
}

/** Possible secrets in a mistyped URL: all before the last `@`, and the query. The rest shows what is wrong with it. */
function secretPartsOf(url: string): readonly string[] {
  const [place = '', query = ''] = url.slice(url.indexOf('://') + '://'.length).split(/\?(.*)/s)
  return [place.slice(0, Math.max(0, place.lastIndexOf('@'))), query].filter((part) => part !== '')
}

/** All texts of a value; one for each element of a list. */
export function textsOf(value: FlagValue | undefined): readonly string[] {
  return [value ?? []].flat().map(String)
}

/** The value of a flag that was not given. */
export function defaultOf(flag: Flag): FlagValue | undefined {
  if (flag.type === 'boolean') return false
  if (flag.type === 'count') return 0
  return flag.type === 'list' ? [] : flag.default
}
