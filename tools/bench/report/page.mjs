import { figureTable } from './table.mjs'
import { verdictTable } from './verdicts.mjs'

/** Formats the results of a run as Markdown; `pictures` are links relative to the page. */
export function reportMarkdown(results, pictures) {
  const { machine, commit, date, command, rounds, missing, failures } = results
  const lines = [
    `${date}, commit ${commit}, \`${command}\`: ${rounds === 1 ? '1 round' : `${rounds} rounds; medians, ± half of the range`}.`,
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGibibytes} GiB, ${machine.system}, Node ${machine.node}.`,
    '',
    ...pictures.flatMap(({ alt, path }) => [`![${alt}](${path})`, '']),
    '### Verdicts',
    '',
    'Ratios are medians of the rounds’ own ratios, and the worst where there are several.',
    '',
    verdictTable(results),
    '',
    '### Figures',
    '',
    figureTable(results),
  ]
  if (missing.length > 0)
    lines.push('', `Not measured: ${missing.map(({ title, reason }) => `${title} (${reason})`).join('; ')}.`)
  if (failures.length > 0) lines.push('', 'Failed:', '', ...summarise(failures, results))
  return lines.join('\n')
}

/**
 * Returns the page with `report` between the markers called `name`. @throws Error when the page has no such markers.
 */
export function replaceReport(page, report, name = 'bench') {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`the page lacks the markers ${begin} and ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${report}\n\n${page.slice(to)}`
}

/** Returns one line for each system and case, whatever the number of rounds. */
function summarise(failures, { systems }) {
  const titleOf = (id) => systems.find((system) => system.id === id)?.title ?? id
  const lines = failures.map(({ system, case: id, error }) => `- ${titleOf(system)}, ${id}: ${error.split('\n')[0]}`)
  return [...new Set(lines)]
}
