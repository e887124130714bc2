import { environmentNames, sections, type Flag } from '../flag.js'
import { flags, usersOf } from '../flags.js'
import { flagExample } from './flag-example.js'
import { defaultText, limitText, placeholderOf } from './help.js'

/** All flags as tables in Markdown, one for each section: a part of docs/guide/cli.md. */
export function renderGuide(): string {
  const explained = (flags as readonly Flag[]).filter((flag) => flag.section !== 'Help' && flag.ignored === undefined)
  return sections
    .map((section) => explained.filter((flag) => flag.section === section))
    .filter((rows) => rows.length > 0)
    .map(renderTable)
    .join('\n\n')
}

function renderTable(shown: readonly Flag[]): string {
  const rows = shown.map((flag) => [
    nameCell(flag),
    usersOf(flag).join(', '),
    helpCell(flag),
    `\`${flagExample(flag)}\``,
    defaultCell(flag),
    variableCell(flag),
  ])
  return `### ${shown[0]?.section}\n\n${table(['Flag', 'Commands', 'Meaning', 'Example', 'Default', 'Environment'], rows)}`
}

function nameCell(flag: Flag): string {
  const short = flag.short === undefined ? [] : [`-${flag.short}`]
  const names = [...short, `--${flag.name}`, ...(flag.aliases ?? []).map((alias) => `--${alias}`)]
  return `\`${names.join(', ')} ${placeholderOf(flag)}`.trimEnd().concat('`')
}

function helpCell(flag: Flag): string {
  const limit = limitText(flag)
  return limit === undefined ? flag.help : `${flag.help} (${limit})`
}

function defaultCell(flag: Flag): string {
  const text = defaultText(flag)
  return text === undefined ? '' : `\`${text}\``
}

function variableCell(flag: Flag): string {
  return environmentNames(flag)
    .map((name) => `\`${name}\``)
    .join(', ')
}

/** Smallest column: a rule of Markdown has at least three dashes. */
const minColumnWidth = 3

/** Table in Markdown. Columns are padded like those of the repository's formatter. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const escaped = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', String.raw`\|`)))
  const widths = head.map((_, column) => Math.max(minColumnWidth, ...escaped.map((row) => row[column]?.length ?? 0)))
  const [top = [], ...body] = escaped.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)))
  const rule = widths.map((width) => '-'.repeat(width))
  return [top, rule, ...body].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
