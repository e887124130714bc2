import { namesOf, type Option, type Word } from './vocabulary.js'

/** Completion for Windows PowerShell 5 and PowerShell 7. */
export function renderPowerShell(words: readonly Word[]): string {
  return `# Completion of linksocks for PowerShell.
Register-ArgumentCompleter -Native -CommandName linksocks -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $commands = @{
${words.map(({ name, summary }) => `    ${quote(name)} = ${quote(summary)}`).join('\n')}
  }
  $options = @{
${words.map((word) => `    ${quote(word.name)} = ${table(word)}`).join('\n')}
  }
  $values = @{
${words.map((word) => `    ${quote(word.name)} = ${valueTable(word)}`).join('\n')}
  }
  $before = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
  $found = if ($before.Count -lt 2) { $commands }
    elseif ($values[$before[1]] -and $values[$before[1]][$before[-1]]) { $values[$before[1]][$before[-1]] }
    else { $options[$before[1]] }
  if ($null -eq $found) { return }
  $found.GetEnumerator() | Where-Object { $_.Key -like "$wordToComplete*" } | Sort-Object Key | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterValue', $_.Value)
  }
}
`
}

/** Words and flags after the command, each with a tooltip. */
function table({ choices, options }: Word): string {
  const words = choices.map((choice) => `${quote(choice)} = ${quote(choice)}`)
  // Keys of a table are case-insensitive, so it cannot contain both -c and -C: the long names are enough.
  const flags = options.flatMap(({ long, help }) => long.map((name) => `${quote(name)} = ${quote(help)}`))
  return `@{ ${[...words, ...flags].join('; ')} }`
}

/** Values of each flag with a fixed choice. */
function valueTable({ options }: Word): string {
  const withChoices = options.flatMap((option) =>
    typeof option.value === 'string' ? [] : [choicesOf(option, option.value)],
  )
  return `@{ ${withChoices.join('; ')} }`
}

function choicesOf(option: Option, choices: readonly string[]): string {
  const values = `@{ ${choices.map((choice) => `${quote(choice)} = ${quote(choice)}`).join('; ')} }`
  return namesOf(option)
    .filter((name) => name.startsWith('--'))
    .map((name) => `${quote(name)} = ${values}`)
    .join('; ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
