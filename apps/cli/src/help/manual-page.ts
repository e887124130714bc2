import { commands } from '../command-table.js'
import type { Command } from '../command.js'
import { exitCode } from '../exit-code.js'
import { environmentNames, sections, type Flag } from '../flag.js'
import { usedFlags } from '../flags.js'
import { defaultText, limitText, placeholderOf } from './help.js'

/** Manual page in the mdoc language of man(7); generated from the tables of parsing and help. */
export function renderManualPage(): string {
  const parts = [
    `.Dd ${pageDate}\n.Dt LINKSOCKS 1\n.Os`,
    '.Sh NAME\n.Nm linksocks\n.Nd carry proxy traffic over WebSocket',
    `.Sh SYNOPSIS\n${commands.map(synopsis).join('\n')}`,
    `.Sh DESCRIPTION\n${commands.map(describe).join('\n')}`,
    ...commands.map(renderCommand),
    `.Sh EXIT STATUS\n${list(Object.entries(exitCode).map(([meaning, code]) => [String(code), exitTexts[meaning] ?? meaning]))}`,
    `.Sh EXAMPLES\n${commands.flatMap(renderExamples).join('\n')}`,
  ]
  return `${parts.filter((part) => part !== '').join('\n')}\n`
}

/** Date of the last change of this page's text, apart from its flags. */
const pageDate = 'November 26, 2026'

const exitTexts: Readonly<Record<string, string>> = {
  ok: 'It ended as requested.',
  failure: 'An error ended it.',
  usage: 'The command line or the environment is wrong.',
}

/** The words that the usage line of the help has after the command, as one argument. */
function synopsis({ name, usage }: Command): string {
  const rest = usage.slice(name.length).trim()
  return `.Nm\n.Cm ${name}${rest === '' ? '' : `\n.Ar "${escape(rest)}"`}`
}

function describe({ name, summary, description }: Command): string {
  return `.Ss ${name}\n${prose(summary)}\n${prose(description)}`
}

function renderCommand({ name }: Command): string {
  const shown = usedFlags(name).filter((flag) => flag.section !== 'Help')
  if (shown.length === 0) return ''
  const groups = sections
    .map((section) => [section, shown.filter((flag) => flag.section === section)] as const)
    .filter(([, group]) => group.length > 0)
    .map(([section, group]) => `.Ss ${section}\n${list(group.map((flag) => [flagNames(flag), flagText(flag)]))}`)
  return `.Sh FLAGS OF ${name.toUpperCase()}\n${groups.join('\n')}`
}

function flagNames(flag: Flag): string {
  const names = [...(flag.short === undefined ? [] : [`-${flag.short}`]), `--${flag.name}`]
  const aliases = (flag.aliases ?? []).map((alias) => `--${alias}`)
  return `${[...names, ...aliases].join(', ')} ${placeholderOf(flag)}`.trimEnd()
}

function flagText(flag: Flag): string {
  const facts = [
    ['Default', defaultText(flag)],
    ['One of', limitText(flag)],
    ['Environment', environmentNames(flag).join(', ') || undefined],
  ]
  return [flag.help, ...facts.flatMap(([name, text]) => (text === undefined ? [] : [`${name}: ${text}`]))]
    .join('. ')
    .concat('.')
}

function renderExamples({ examples }: Command): readonly string[] {
  return examples.map(([purpose, line]) => `${escape(purpose)}:\n.Dl ${escape(line)}`)
}

function list(rows: readonly (readonly [term: string, text: string])[]): string {
  return `.Bl -tag -width Ds\n${rows.map(([term, text]) => `.It ${escape(term)}\n${prose(text)}`).join('\n')}\n.El`
}

/** Text of a paragraph: each sentence begins a line, so that the formatter sets its own space between two. */
function prose(text: string): string {
  return text
    .split(/(?<=\.) (?=[A-Z])/)
    .map(escape)
    .join('\n')
}

/**
 * Escapes a text: roff treats a backslash as an escape, a dash as a hyphen, and a line that begins with a point or a
 * quote as a request.
 */
function escape(text: string): string {
  return text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replace(/^(?=[.'])/, String.raw`\&`)
}
