import { metrics } from '../src/table.js'

/** The table of all metrics in Markdown, as the guide shows it. */
export function referenceTable(): string {
  const rows = metrics.map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  return ['| Name | Type | Labels | What it is |', '|---|---|---|---|', ...rows].join('\n')
}
