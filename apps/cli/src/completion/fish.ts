import type { Option, CompletedCommand } from './vocabulary.js'

/** Completion for fish. */
export function renderFish(words: readonly CompletedCommand[]): string {
  const names = words.map(({ name }) => name).join(' ')
  const lines = words.flatMap((word) => renderWord(word, names))
  return `# Completion of linksocks for fish.\ncomplete -c linksocks -f\n${lines.join('\n')}\n`
}

function renderWord({ name, summary, choices, options }: CompletedCommand, names: string): readonly string[] {
  const first = `-n ${quote(`not __fish_seen_subcommand_from ${names}`)}`
  const within = `-n ${quote(`__fish_seen_subcommand_from ${name}`)}`
  return [
    `complete -c linksocks ${first} -a ${name} -d ${quote(summary)}`,
    ...choices.map((choice) => `complete -c linksocks ${within} -a ${choice}`),
    ...options.map((option) => `complete -c linksocks ${within} ${renderOption(option)}`),
  ]
}

function renderOption({ long, short, help, value }: Option): string {
  const names = [...(short === undefined ? [] : [`-s ${short.slice(1)}`]), ...long.map((name) => `-l ${name.slice(2)}`)]
  return `${names.join(' ')}${valueArguments(value)} -d ${quote(help)}`
}

function valueArguments(value: Option['value']): string {
  if (value === 'none') return ''
  if (value === 'file') return ' -r -F'
  return typeof value === 'string' ? ' -x' : ` -x -a ${quote(value.join(' '))}`
}

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`
}
