import { namesOf, type Option, type CompletedCommand } from './vocabulary.js'

/** Completion for bash 4 and newer; `source <(linksocks completion bash)`. */
export function renderBash(words: readonly CompletedCommand[]): string {
  return `# Completion of linksocks for bash.
_linksocks() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} options= choices=
  COMPREPLY=()
  # Bash makes a word of its own of the equals sign.
  if [[ $current == '=' ]]; then current=
  elif [[ $previous == '=' ]]; then previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${words.map(({ name }) => name).join(' ')} --help --version' -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${words.map(renderWord).join('\n')}
    *) return ;;
  esac
  COMPREPLY=($(compgen -W "$choices $options" -- "$current"))
}
complete -F _linksocks linksocks
`
}

function renderWord({ name, choices, options }: CompletedCommand): string {
  const values = options.filter(({ value }) => value !== 'none').map(renderValue)
  return `    ${name})
      case $previous in
${values.join('\n')}
      esac
      options='${options.flatMap(namesOf).join(' ')}'
      choices='${choices.join(' ')}'
      ;;`
}

function renderValue(option: Option): string {
  return `        ${namesOf(option).join('|')}) ${completeValue(option.value)}return ;;`
}

function completeValue(value: Option['value']): string {
  if (value === 'file') return 'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); '
  return typeof value === 'string' ? '' : `COMPREPLY=($(compgen -W '${value.join(' ')}' -- "$current")); `
}
