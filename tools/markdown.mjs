/**
 * Returns the fenced blocks of a Markdown text. ````
 * ```ts excerpt ```` has the language `ts` and the marks `['excerpt']`.
 *
 * @returns {Array<{ language: string, marks: string[], code: string, line: number }>} `line` is that of the fence.
 */
export function fencedBlocks(text) {
  const blocks = []
  let open
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^\s*(?<ticks>`{3,}|~{3,})\s*(?<info>[^`]*)$/.exec(line)?.groups
    if (!open && fence) {
      const [language = '', ...marks] = fence.info.trim().split(/\s+/)
      open = { ticks: fence.ticks, block: { language, marks, code: '', line: index + 1 } }
    } else if (open && fence?.ticks.startsWith(open.ticks) && fence.info === '') {
      blocks.push(open.block)
      open = undefined
    } else if (open) {
      open.block.code += `${line}\n`
    }
  }
  return blocks
}

/**
 * Returns the links of a Markdown text that point into the repository: neither those to a host nor those inside code.
 *
 * @returns {Array<{ path: string, anchor: string, line: number }>} `path` is empty for a link within the page.
 */
export function localLinks(text) {
  return proseLines(text).flatMap(({ line, prose }) =>
    [...prose.matchAll(/\]\((?<target>[^)\s]+)[^)]*\)|^\s*\[[^\]]+\]:\s*(?<reference>\S+)/g)]
      .map(({ groups }) => groups.target ?? groups.reference)
      .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
      .map((target) => {
        const [path, anchor = ''] = target.split('#')
        return { path, anchor, line }
      }),
  )
}

/**
 * Returns the headings of a Markdown text with the anchors that code hosts give them; a repeated one gets `-1`, `-2`.
 *
 * @returns {Array<{ text: string, anchor: string, line: number }>}
 */
export function headings(text) {
  const used = new Map()
  return proseLines(text, (line) => line).flatMap(({ line, prose }) => {
    const title = /^#{1,6}\s+(?<title>.*?)\s*#*$/.exec(prose)?.groups.title
    if (title === undefined) return []
    const slug = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\s-]/gu, '')
      .replaceAll(/\s/g, '-')
    const earlier = used.get(slug) ?? 0
    used.set(slug, earlier + 1)
    return [{ text: title, anchor: earlier === 0 ? slug : `${slug}-${earlier}`, line }]
  })
}

const withoutCode = (line) => line.replaceAll(/`[^`]*`/g, '')

function proseLines(text, clean = withoutCode) {
  const fenced = new Set()
  for (const { line, code } of fencedBlocks(text)) {
    const lines = code.split('\n').length
    for (let at = line; at <= line + lines; at++) fenced.add(at)
  }
  return text
    .split('\n')
    .map((line, index) => ({ line: index + 1, prose: clean(line) }))
    .filter(({ line }) => !fenced.has(line))
}

/**
 * Returns the tables of a Markdown text.
 *
 * @returns {Array<{ header: string[], rows: string[][], line: number }>} `line` is that of the header.
 */
export function tables(text) {
  const found = []
  let open
  for (const { line, prose } of proseLines(text, (each) => each)) {
    const cells = /^\|(?<cells>.*)\|\s*$/
      .exec(prose)
      ?.groups.cells.split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
    if (cells === undefined) open = undefined
    else if (open === undefined) found.push((open = { header: cells, rows: [], line }))
    else if (!cells.every((cell) => /^:?-+:?$/.test(cell))) open.rows.push(cells)
  }
  return found
}
