import { defaultOf } from '../arguments/make-settings.js'
import type { Flag, FlagValue } from '../flag.js'
import { durationText } from '../help/help.js'
import type { Redactor } from '../output/redactor.js'
import { doSteps, type Steps } from '../steps.js'
import type { ConfigBlock, ConfigFile, ConfigValue, RoleConfig } from './config-file.js'
import { processFlags, roleFlags, roleSections, tokenFlags, tokensKey } from './structure.js'

/** All settings in force as YAML, each with its origin in a comment, and without secrets. */
export function showConfig(file: ConfigFile, redactor: Redactor): string {
  return doSteps(render(file, redactor, (line, origin) => `${line} # ${redactor.clean(origin)}`))
}

/**
 * The same without the origins: two results differ if the settings do. In steps, since 10,000 tokens take half a
 * second.
 */
export function showSettings(file: ConfigFile, redactor: Redactor): Steps<string> {
  return render(file, redactor, (line) => line)
}

type WithOrigin = (line: string, origin: string) => string

function* render(file: ConfigFile, redactor: Redactor, withOrigin: WithOrigin): Steps<string> {
  yield* redactor.addInSteps(file.secrets)
  const show = (flag: Flag, value: ConfigValue | undefined): string[] =>
    showValue(file.path, flag, value, { redactor, withOrigin })
  let text = textOfLines(blockLines(file.process, processFlags(), show), 0)
  for (const { key, kind } of roleSections) {
    const roles = file.roles.filter((role) => role.kind === kind)
    if (roles.length > 0) text += `${key}:\n`
    for (const role of roles) text += yield* roleText(role, show)
  }
  return text
}

type Show = (flag: Flag, value: ConfigValue | undefined) => readonly string[]

function* roleText(role: RoleConfig, show: Show): Steps<string> {
  let text = textOfLines([`${role.name}:`, ...blockLines(role, roleFlags(role.kind), show).map(indent)], 1)
  if (role.tokens.length > 0) text += textOfLines([`${tokensKey.key}:`], 2)
  for (const token of role.tokens) {
    const [first = '', ...rest] = blockLines(token, tokenFlags(), show)
    text += textOfLines([`- ${first}`, ...rest.map(indent)], 3)
    yield
  }
  return text
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
  return typeof shown === 'string' ? quote(redactor.clean(shown)) : String(shown)
}

/** Quotes a text for YAML, on one line: a string of JSON is one of YAML too, with escapes. */
function quote(text: string): string {
  return /\p{C}/u.test(text) ? JSON.stringify(text) : `'${text.replaceAll("'", "''")}'`
}

function indent(line: string): string {
  return `  ${line}`
}

/** Lines at a level of indentation, each with its end. */
function textOfLines(lines: readonly string[], level: number): string {
  return lines.map((line) => `${'  '.repeat(level)}${line}\n`).join('')
}
