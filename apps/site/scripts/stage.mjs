import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { apiPage } from './api-page.mjs'
import { packages } from './packages.mjs'
import { docsFolder, repositoryPage, repositoryRoot, stagedFolder } from './places.mjs'

/** Pages whose path on the site differs from their path in the repository, which is the key. */
const moved = new Map([
  ['spec/protocol.md', 'reference/protocol.md'],
  ...packages.map(({ name }) => [`packages/${name}/README.md`, `reference/packages/${name}.md`]),
])

/** Pages that the site does not show: this list of links is the site's sidebar. */
const unshown = new Set(['docs/README.md'])

/** Empties {@link stagedFolder} and writes all pages to it. */
export function stage() {
  rmSync(stagedFolder, { recursive: true, force: true })
  for (const file of listDocs()) stageFile(`docs/${file}`, file)
  for (const [from, to] of moved) stageFile(from, to)
  cpSync(join(docsFolder, 'pictures'), join(stagedFolder, 'public/pictures'), { recursive: true })
  write('decisions/index.md', decisionsPage())
  write('reference/packages/index.md', packagesPage())
  write('reference/api.md', apiPage(JSON.parse(read('spec/openapi.json'))))
}

/** Returns every page of docs/ that the site shows, relative to docs/. */
function listDocs() {
  return readdirSync(docsFolder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => statSync(join(docsFolder, file)).isFile() && !unshown.has(`docs/${file}`))
    .toSorted()
}

function stageFile(from, to) {
  if (from.endsWith('.md')) return write(to, sitePage(from, to, read(from)))
  mkdirSync(dirname(join(stagedFolder, to)), { recursive: true })
  return cpSync(join(repositoryRoot, from), join(stagedFolder, to))
}

/** Converts a page of the repository to the form that the site shows. */
function sitePage(from, to, text) {
  const source = `---\nedit: ${repositoryPage}/edit/main/${from}\n`
  const withSource = text.startsWith('---\n') ? text.replace('---\n', source) : `${source}---\n\n${text}`
  return bothThemes(outsideFences(withSource, (prose) => joinChinese(siteLinks(from, to, prose))))
}

/** Applies `change` to the text outside of fenced blocks. */
function outsideFences(text, change) {
  return text
    .split(/^(?<block>```[^\n]*\n[\s\S]*?^```$)/m)
    .map((part) => (part.startsWith('```') ? part : change(part)))
    .join('')
}

/** Joins the lines of Chinese text: browsers show the end of a line as a blank, which Chinese does not use. */
function joinChinese(prose) {
  return prose.replaceAll(/(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])/g, '')
}

/** Changes links: those to pages of the site stay on the site, and those to other files lead to the repository. */
function siteLinks(from, to, prose) {
  return prose.replaceAll(/(?<=\]\()(?<target>[^)\s#:]+)(?<anchor>#[^)\s]*)?(?=\))/g, (link, target, anchor = '') => {
    const file = posix.normalize(posix.join(posix.dirname(from), target)).replace(/\/$/, '')
    const shown = sitePath(file)
    if (shown === undefined) return `${repositoryPage}/blob/main/${file}${anchor}`
    return `${posix.relative(posix.dirname(to), shown)}${anchor}`
  })
}

function sitePath(file) {
  if (moved.has(file)) return moved.get(file)
  if (file === 'docs/README.md') return 'index.md'
  if (!file.startsWith('docs/') || !existsSync(join(repositoryRoot, file))) return undefined
  const path = file.slice('docs/'.length)
  return statSync(join(repositoryRoot, file)).isDirectory() ? `${path}/index.md` : path
}

/**
 * Shows the picture of the current theme. A code host follows the theme of the system, as `<picture>` does; the site
 * has its own switch.
 */
function bothThemes(text) {
  return text.replaceAll(
    /<picture>\s*<source [^>]*srcset="(?<dark>[^"]+)"[^>]*>\s*<img (?<rest>[^>]*)src="(?<light>[^"]+)"(?<more>[^>]*)>\s*<\/picture>/g,
    (all, dark, rest, light, more) =>
      `<p class="picture"><img class="light-only" ${rest}src="${light}"${more}><img class="dark-only" ${rest}src="${dark}"${more}></p>`,
  )
}

function decisionsPage() {
  const pages = listDocs().filter((file) => file.startsWith('decisions/'))
  const rows = pages.map((file) => {
    const title = /^# (?<title>.*)$/m.exec(read(`docs/${file}`)).groups.title
    return `- [${title}](${file.replace('decisions/', '')})`
  })
  return `---\neditLink: false\n---\n\n# Decisions\n\nWhy it is built the way it is: what was chosen between, and what was measured.\n\n${rows.join('\n')}\n`
}

function packagesPage() {
  const rows = packages.map(({ name, manifest }) => `| [\`${manifest.name}\`](${name}.md) | ${manifest.description} |`)
  return `---\neditLink: false\n---\n\n# Packages\n\nEvery class, function and option: [API of the packages](/api/index.html){target="_self"}.\n\n| Package | What it is |\n|---|---|\n${rows.join('\n')}\n`
}

function read(path) {
  return readFileSync(join(repositoryRoot, path), 'utf8')
}

function write(path, text) {
  mkdirSync(dirname(join(stagedFolder, path)), { recursive: true })
  writeFileSync(join(stagedFolder, path), text)
}
