import { namesOf, type Option, type CompletedCommand } from './vocabulary.js'

/**
 * Completion for Windows PowerShell 5 and PowerShell 7.
 *
 * PowerShell passes the word as it was typed, with its quotes, and replaces all of it. Where the script returns
 * nothing, it completes names of files.
 *
 * @see https://learn.microsoft.com/powershell/module/microsoft.powershell.core/register-argumentcompleter
 */
export function renderPowerShell(words: readonly CompletedCommand[]): string {
  return `# Completion of linksocks for PowerShell.
Register-ArgumentCompleter -Native -CommandName linksocks -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $commands = @{
${words.map(({ name, summary }) => `    ${quote(name)} = ${quote(summary)}`).join('\n')}
  }
  $options = @{
${words.map((word) => `    ${quote(word.name)} = ${table(word)}`).join('\n')}
  }
  # Flags that take a value.
  $values = @{
${words.map((word) => `    ${quote(word.name)} = @(${valueRows(word)})`).join('\n')}
  }
  [char[]] $quotes = "'", '"'
  $before = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text.Trim($quotes) })
  $word = "$wordToComplete".Trim($quotes)
  $prefix = ''
  $row = $null
  if ($before.Count -lt 2) { $found = $commands }
  else {
    $flag = $before[-1]
    $end = $word.IndexOf('=')
    if ($word.StartsWith('--') -and $end -gt 0) {
      $flag = $word.Substring(0, $end)
      $prefix = $flag + '='
      $word = $word.Substring($end + 1).Trim($quotes)
    }
    foreach ($each in $values[$before[1]]) { if ($each.Names -ccontains $flag) { $row = $each } }
    if ($null -ne $row) { $found = $row.Choices }
    elseif ($prefix -ne '') { return }
    else { $found = $options[$before[1]] }
  }
  if ($null -ne $row -and $row.IsFile -and $prefix -ne '') {
    foreach ($file in [System.Management.Automation.CompletionCompleters]::CompleteFilename($word)) {
      [System.Management.Automation.CompletionResult]::new($prefix + $file.CompletionText, $file.ListItemText, $file.ResultType, $file.ToolTip)
    }
    return
  }
  if ($null -eq $found) { return }
  $found.GetEnumerator() | Where-Object { $_.Key.StartsWith($word, 'OrdinalIgnoreCase') } | Sort-Object Key | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($prefix + $_.Key, $_.Key, 'ParameterValue', $_.Value)
  }
}
`
}

/** Words and flags after the command, each with a tooltip. */
function table({ choices, options }: CompletedCommand): string {
  // Keys of a table are case-insensitive, so it cannot contain both -c and -C: the long names are enough.
  const flags = options.flatMap(({ long, help }) => long.map((name) => [name, help] as const))
  return hashTable([...choices.map((choice) => [choice, choice] as const), ...flags])
}

/** A row for each flag with a value: its names, its choices, and whether the value is a file. */
function valueRows({ options }: CompletedCommand): string {
  return options
    .filter(({ value }) => value !== 'none')
    .map((option) => `@{ Names = ${namesOf(option).map(quote).join(', ')}; ${valueParts(option.value)} }`)
    .join('; ')
}

function valueParts(value: Option['value']): string {
  const choices = typeof value === 'string' ? [] : value.map((choice) => [choice, choice] as const)
  return `Choices = ${hashTable(choices)}; IsFile = $${String(value === 'file')}`
}

function hashTable(entries: readonly (readonly [key: string, text: string])[]): string {
  return `@{ ${entries.map(([key, text]) => `${quote(key)} = ${quote(text)}`).join('; ')} }`
}

/**
 * Quotes a text. Windows PowerShell reads the output of programs in an old code page, in which bytes of other
 * characters may mean quotes, so the text must be ASCII.
 */
function quote(text: string): string {
  return `'${text.replaceAll('…', '...').replaceAll("'", "''")}'`
}
