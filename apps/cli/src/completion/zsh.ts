import { namesOf, type Option, type CompletedCommand } from './vocabulary.js'

/** Completion for zsh, as a file `_linksocks` in a folder of `$fpath`. */
export function renderZsh(words: readonly CompletedCommand[]): string {
  return `#compdef linksocks
# Completion of linksocks for zsh.
_linksocks() {
  local -a commands
  commands=(
${words.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`).join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${words.map(renderWord).join('\n')}
  esac
}
if [ "$funcstack[1]" = _linksocks ]; then
  _linksocks "$@"
else
  compdef _linksocks linksocks
fi
`
}

function renderWord({ name, choices, options }: CompletedCommand): string {
  const specs = options.flatMap(renderOption)
  if (choices.length > 0) specs.push(quote(`1:${name}:(${choices.join(' ')})`))
  return `    ${name})
      _arguments -s \\
        ${specs.join(' \\\n        ')}
      ;;`
}

/** One specification for each name: they exclude each other unless the flag may be given again. */
function renderOption(option: Option): readonly string[] {
  const names = namesOf(option)
  const before = option.isRepeatable ? '*' : names.length > 1 ? `(${names.join(' ')})` : ''
  const help = option.help.replaceAll(/[[\]:\\]/g, String.raw`\$&`)
  return names.map((name) => quote(`${before}${name}${equals(name, option)}[${help}]${valueSpec(option.value)}`))
}

function equals(name: string, { value }: Option): string {
  if (value === 'none') return ''
  return name.startsWith('--') ? '=' : '+'
}

function valueSpec(value: Option['value']): string {
  if (value === 'none') return ''
  if (value === 'file') return ':file:_files'
  return typeof value === 'string' ? ':value: ' : `:value:(${value.join(' ')})`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
