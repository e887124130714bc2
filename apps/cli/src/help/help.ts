import { modeVariable } from '../arguments/environment.js'
import { commands, findCommand } from '../command-table.js'
import { modes, type Command, type CommandName } from '../command.js'
import { environmentNames, sections, takesValue, type Flag } from '../flag.js'
import { flagsOf, usedFlags } from '../flags.js'

export interface HelpOptions {
  /** Width of the terminal in characters; the text uses between 72 and 100 of them. */
  readonly columns: number
  /** Whether to show every flag, not only those that most users need. @default false */
  readonly all?: boolean
}

/** The list of commands. */
export function renderOverview({ columns }: HelpOptions): string {
  const width = usableWidth(columns)
  return lines(
    'Carries proxy traffic over WebSocket.',
    '',
    'Usage: linksocks <command> [flags]',
    '',
    'Commands:',
    ...commands.flatMap(({ name, summary }) => entry(name, summary, 13, width)),
    '',
    ...wrap(`Each command explains its flags: linksocks <command> --help. All of them: linksocks help --all.`, width),
    ...wrap(`Without a command, the variable ${modeVariable} names it (${modes.join(', ')}).`, width),
    '',
    'Try it on this machine: linksocks demo',
  )
}

/** The help of a command. */
export function renderHelp(name: CommandName, { columns, all = false }: HelpOptions): string {
  const width = usableWidth(columns)
  const command = findCommand(name)
  if (command === undefined) throw new TypeError(`no command is called '${name}'`)
  return lines(
    `Usage: linksocks ${command.usage}`,
    '',
    ...wrap(command.summary, width),
    ...wrap(command.description, width),
    ...(all || command.essentials === undefined
      ? [...sections.flatMap((section) => renderSection(name, section, width)), ...renderIgnored(name, width)]
      : renderEssentials(name, command.essentials, width)),
    ...renderExamples(command, width),
  )
}

/** The help of all commands, one after the other. */
export function renderManual(options: HelpOptions): string {
  const rule = '-'.repeat(usableWidth(options.columns))
  const parts = [renderOverview(options), ...commands.map(({ name }) => renderHelp(name, { ...options, all: true }))]
  return parts.join(`\n${rule}\n\n`)
}

/** Placeholder of a flag's value: `PORT`, or nothing for a switch. */
export function placeholderOf(flag: Flag): string {
  if (flag.type === 'string' || flag.type === 'list') return flag.placeholder
  if (flag.type === 'duration') return 'TIME'
  return takesValue(flag) ? 'N' : ''
}

/** Default as a user would write it; undefined if there is none to show. */
export function defaultText(flag: Flag): string | undefined {
  if (flag.type === 'string') return flag.default
  if (flag.type === 'integer') return String(flag.default)
  return flag.type === 'duration' ? durationText(flag.default) : undefined
}

/** Duration as a user would write it. */
export function durationText(ms: number): string {
  return ms > 0 && ms % 3_600_000 === 0 ? `${ms / 3_600_000}h` : `${ms / 1000}s`
}

/** Limits of a flag's value, in words; undefined if there are none to show. */
export function limitText(flag: Flag): string | undefined {
  if ('choices' in flag && flag.choices !== undefined) return flag.choices.join(', ')
  return flag.type === 'integer' ? `${flag.min}-${flag.max}` : undefined
}

/** The flags that most users need, and a hint at the others. */
function renderEssentials(command: CommandName, names: readonly string[], width: number): readonly string[] {
  const known = usedFlags(command)
  const shown = names.flatMap((name) => known.filter((flag) => flag.name === name))
  const rest = `All ${known.length} flags: linksocks help ${command} --all`
  return ['', 'Flags:', ...shown.flatMap((flag) => entry(leftOf(flag), rightOf(flag), 30, width)), '', rest]
}

function renderSection(command: CommandName, section: Flag['section'], width: number): readonly string[] {
  const shown = usedFlags(command).filter((flag) => flag.section === section)
  if (shown.length === 0) return []
  return ['', `${section}:`, ...shown.flatMap((flag) => entry(leftOf(flag), rightOf(flag), 30, width))]
}

/** Flags without effect, in a sentence for each reason. */
function renderIgnored(command: CommandName, width: number): readonly string[] {
  const ignored = flagsOf(command).filter((flag) => flag.ignored !== undefined)
  const reasons = [...new Set(ignored.map((flag) => flag.ignored))]
  const texts = reasons.map((reason) => {
    const names = ignored.filter((flag) => flag.ignored === reason).map((flag) => `--${flag.name}`)
    return `Without effect (${reason}): ${names.join(', ')}.`
  })
  return texts.flatMap((text) => ['', ...wrap(text, width)])
}

function leftOf(flag: Flag): string {
  const short = flag.short === undefined ? '    ' : `-${flag.short}, `
  return `${short}--${flag.name} ${placeholderOf(flag)}`.trimEnd()
}

function rightOf(flag: Flag): string {
  const facts = [
    ['default', defaultText(flag)],
    ['one of', flag.type === 'integer' ? undefined : limitText(flag)],
    ['also', flag.aliases?.map((alias) => `--${alias}`).join(', ')],
    ['env', environmentNames(flag)[0]],
  ]
  const known = facts.filter(([, text]) => text !== undefined).map(([name, text]) => `[${name}:${noBreak}${text}]`)
  return [flag.help, ...known].join(' ')
}

function renderExamples({ examples }: Command, width: number): readonly string[] {
  if (examples.length === 0) return []
  const texts = examples.flatMap(([purpose, line]) => [
    ...wrap(`${purpose}:`, width - 2).map((text) => `  ${text}`),
    `    ${line}`,
  ])
  return ['', examples.length === 1 ? 'Example:' : 'Examples:', ...texts]
}

/** A name on the left, its explanation on the right; below it if the name is too long. */
function entry(name: string, text: string, indent: number, width: number): readonly string[] {
  const explanation = wrap(text, width - indent).map((line) => ' '.repeat(indent) + line)
  const left = `  ${name}`
  const [first = '', ...rest] = explanation
  if (left.length + 2 > indent) return [left, ...explanation]
  return [left.padEnd(indent) + first.trimStart(), ...rest]
}

/** A space at which no line ends. */
const noBreak = '\u00a0'

function wrap(text: string, width: number): readonly string[] {
  const wrapped: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length > width && line !== '') wrapped.push(line)
    line = longer.length > width ? word : longer
  }
  return [...wrapped, line].map((each) => each.replaceAll(noBreak, ' '))
}

function usableWidth(columns: number): number {
  return Math.min(100, Math.max(72, columns))
}

function lines(...texts: readonly string[]): string {
  return `${texts.join('\n')}\n`
}
