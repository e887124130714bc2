import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { listFiles, readPackage, readPackages, repositoryRoot as root } from './workspace.mjs'

const read = (path) => readFileSync(join(root, path), 'utf8')
const publicNames = readPackages(root)
  .filter(({ manifest }) => !manifest.private)
  .map(({ name }) => name)

describe('changesets', () => {
  const changesets = readdirSync(join(root, '.changeset'))
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => ({ file, releases: frontMatter(read(`.changeset/${file}`)) }))

  test.each(changesets)('$file names public packages only', ({ releases }) => {
    expect(Object.keys(releases).filter((name) => !publicNames.includes(name))).toEqual([])
  })

  test.runIf(isBeforeFirstRelease()).each(changesets)('$file asks for no 1.0.0', ({ releases }) => {
    expect(Object.values(releases)).not.toContain('major')
  })

  test.runIf(isBeforeFirstRelease())('first-release.md releases every public package', () => {
    expect(frontMatter(read('.changeset/first-release.md'))).toEqual(
      Object.fromEntries(publicNames.map((name) => [name, 'minor'])),
    )
  })
})

describe('.github', () => {
  const files = listFiles(root, '.github', ['.yml', '.md', 'CODEOWNERS'])
  const workflows = files.filter((file) => file.startsWith('.github/workflows/'))

  test.each(files.filter((file) => file.endsWith('.yml')))('%s is YAML', (file) => {
    expect(parseAllDocuments(read(file)).flatMap(({ errors }) => errors)).toEqual([])
  })

  test.each(workflows)('%s pins every action by its major version', (file) => {
    const used = [...read(file).matchAll(/uses: (?<action>\S+)/g)].map(({ groups }) => groups.action)
    expect(used.filter((action) => !/^[\w-]+\/[\w-]+@v\d+$/.test(action))).toEqual([])
  })

  test.each(workflows)('%s runs scripts that the workspace has', (file) => {
    const { scripts } = readPackage(root, '.').manifest
    const words = [...read(file).matchAll(/pnpm (?<script>[\w:]+)/g)].map(({ groups }) => groups.script)
    expect(words.filter((word) => !(word in scripts) && !['install', 'vitest'].includes(word))).toEqual([])
  })

  test.each(workflows)('%s asks for no right by default', (file) => {
    expect(parse(read(file)).permissions).toEqual({ contents: 'read' })
  })

  test.each([...files, 'README.md', 'RELEASING.md'])('%s names no repository but this one', (file) => {
    const page = readPackage(root, '.').manifest.homepage.replace('#readme', '')
    const owner = page.slice(0, page.lastIndexOf('/'))
    const links = read(file).match(/https:\/\/github\.com\/[\w-]+\/[\w-]+/g) ?? []
    expect(links.filter((link) => link.startsWith(owner) && link !== page)).toEqual([])
  })

  test('CODEOWNERS names paths that exist', () => {
    const paths = read('.github/CODEOWNERS').match(/^\/\S+/gm)
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})

function frontMatter(text) {
  return parse(text.split(/^---$/m)[1]) ?? {}
}

function isBeforeFirstRelease() {
  return readPackage(root, 'apps/cli').manifest.version === '0.0.0'
}
