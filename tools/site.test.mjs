import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pageNames } from '../apps/site/scripts/navigation.mjs'
import { fencedBlocks } from './markdown.mjs'
import { drawPictures } from './pictures.mjs'
import { listFiles, repositoryRoot as root } from './workspace.mjs'

const read = (path) => readFileSync(join(root, path), 'utf8')
const docs = listFiles(root, 'docs', ['.md']).map((path) => path.slice('docs/'.length))
const english = docs.filter((path) => !path.startsWith('zh/'))

describe('the sidebar', () => {
  const shown = new Set(pageNames.map((name) => `${name}.md`))

  test('leads to every page of docs', () => {
    const unlisted = new Set(['README.md', 'index.md'])
    const expected = english.filter((path) => !unlisted.has(path) && !path.startsWith('decisions/'))
    expect(expected.filter((path) => !shown.has(path))).toEqual([])
  })
})

describe('Chinese pages', () => {
  const guides = english.filter((path) => /^(guide|recipes|migrate)\/|^(index|compare)\.md$/.test(path))
  const translated = guides.filter((path) => existsSync(join(root, 'docs/zh', path)))

  test('stand beside every English guide page', () => {
    expect(guides.filter((path) => !translated.includes(path))).toEqual([])
  })

  test('have an English page each', () => {
    const twins = docs.filter((path) => path.startsWith('zh/')).map((path) => path.slice('zh/'.length))
    expect(twins.filter((path) => !english.includes(path))).toEqual([])
  })

  test.each(translated)('zh/%s shows the same blocks of code', (path) => {
    expect(codeOf(`docs/zh/${path}`)).toEqual(codeOf(`docs/${path}`))
  })
})

describe('pictures', () => {
  test.each([...drawPictures().keys()])('%s is what tools/pictures.mjs draws', (path) => {
    expect(read(`docs/pictures/${path}`)).toBe(drawPictures().get(path))
  })
})

/** Comments in shell and YAML may be translated, but commands may not. */
function codeOf(path) {
  return fencedBlocks(read(path)).map(({ language, code }) => ({
    language,
    code: code.replaceAll(/^( *)#.*$/gm, '$1#'),
  }))
}
