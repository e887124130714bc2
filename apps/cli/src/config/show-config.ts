import { stringify } from 'yaml'
import { defaultOf } from '../arguments/make-settings.js'
import type { Flag, FlagValue } from '../flag.js'
import { durationText } from '../help/help.js'
import type { Redactor } from '../output/redactor.js'
import type { ConfigBlock, ConfigFile, ConfigValue, RoleConfig } from './config-file.js'
import { processFlags, roleFlags, roleSections, tokenFlags, tokensKey } from './structure.js'

/** All settings in force as YAML, each with its origin in a comment, and without secrets. */
export function showConfig(file: ConfigFile, redactor: Redactor): string {
  return render(file, redactor, (line, origin) => `${line} # ${redactor.clean(origin)}`)
}

/** The same without the origins: two results differ if the settings do. */
export function showSettings(file: ConfigFile, redactor: Redactor): string {
  return render(file, redactor, (line) => line)
}

type WithOrigin = (line: string, origin: string) => string

function render(file: ConfigFile, redactor: Redactor, withOrigin: WithOrigin): string {
  redactor.addAll(file.secrets)
  const show = (flag: Flag, value: ConfigValue | undefined): string[] =>
    showValue(file.path, flag, value, { redactor, withOrigin })
  const lines = blockLines(file.process, processFlags(), show)
  for (const { key, kind } of roleSections) {
    const roles = file.roles.filter((role) => role.kind === kind)
    if (roles.length > 0) lines.push(`${key}:`, ...roles.flatMap((role) => roleLines(role, show).map(indent)))
  }
  return `${lines.join('\n')}\n`
}

type Show = (flag: Flag, value: ConfigValue | undefined) => readonly string[]

function roleLines(role: RoleConfig, show: Show): readonly string[] {
  const lines = blockLines(role, roleFlags(role.kind), show)
  const tokens = role.tokens.flatMap((block) =>
    blockLines(block, tokenFlags(), show).map((line, index) => (index === 0 ? `- ${line}` : indent(line))),
  )
  if (tokens.length > 0) lines.push(`${tokensKey.key}:`, ...tokens.map(indent))
  return [`${role.name}:`, ...lines.map(indent)]
}

function blockLines({ values }: ConfigBlock, flags: readonly Flag[], show: Show): string[] {
  return flags.flatMap((flag) => show(flag, values.get(flag.name)))
}

function showValue(
  path: string,
  flag: Flag,
  given: ConfigValue | undefined,
  { redactor, withOrigin }: { readonly redactor: Redactor; readonly withOrigin: WithOrigin },
): string[] {
  const value = given?.value ?? defaultOf(flag)
  if (value === undefined) return []
  const origin = given === undefined ? 'default' : [`${path}:${given.place.line}`, ...given.from].join(', ')
  return [withOrigin(`${flag.name}: ${flowOf(flag, value, redactor)}`, origin)]
}

function flowOf(flag: Flag, value: FlagValue, redactor: Redactor): string {
  const texts = [value].flat().map((each) => textOf(flag, each, redactor))
  return flag.type === 'list' ? `[${texts.join(', ')}]` : (texts[0] ?? '')
}

function textOf(flag: Flag, value: FlagValue, redactor: Redactor): string {
  if (flag.secret === 'value') return "'[hidden]'"
  const shown = flag.type === 'duration' ? durationText(Number(value)) : value
  // In flow style, commas and brackets in an unquoted text would end it.
  return typeof shown === 'string' ? stringify(redactor.clean(shown), quoted).trim() : String(shown)
}

const quoted = { defaultStringType: 'QUOTE_SINGLE', lineWidth: 0 } as const

function indent(line: string): string {
  return `  ${line}`
}
