import { expect, test } from 'vitest'
import { fencedBlocks, headings, localLinks, tables } from './markdown.mjs'

test('fencedBlocks gives language, marks, code and line', () => {
  expect(fencedBlocks('text\n\n```ts excerpt\nlet a\n\nlet b\n```\n')).toEqual([
    { language: 'ts', marks: ['excerpt'], code: 'let a\n\nlet b\n', line: 3 },
  ])
})

test('fencedBlocks keeps a shorter fence as content', () => {
  const [block] = fencedBlocks('````md\n```ts\nx\n```\n````\n')
  expect(block.code).toBe('```ts\nx\n```\n')
})

test('fencedBlocks does not take inline code at the start of a line for a fence', () => {
  expect(fencedBlocks('```` ```ts ```` is a fence\nx\n')).toEqual([])
})

test('fencedBlocks gives a block without a language', () => {
  expect(fencedBlocks('```\nx\n```')[0].language).toBe('')
})

test('localLinks gives path and anchor', () => {
  expect(localLinks('\nsee [it](guide/start.md#now "title") and [here](#there)')).toEqual([
    { path: 'guide/start.md', anchor: 'now', line: 2 },
    { path: '', anchor: 'there', line: 2 },
  ])
})

test('localLinks reads reference definitions', () => {
  expect(localLinks('[it]: guide/start.md')).toEqual([{ path: 'guide/start.md', anchor: '', line: 1 }])
})

test('localLinks passes over hosts and code', () => {
  expect(localLinks('[a](https://example.com) `[b](c)`\n```md\n[d](e)\n```\n')).toEqual([])
})

test('headings gives the anchors of a code host', () => {
  const text = '# One & two: `three`\n## Again\n### Again\n```sh\n# not one\n```\n'
  expect(headings(text).map(({ anchor }) => anchor)).toEqual(['one--two-three', 'again', 'again-1'])
})

test('tables gives header, rows and line', () => {
  expect(tables('text\n\n| A | B |\n|---|---|\n| 1 | `x` |\n| 2 | y \\| z |\n\nend\n')).toEqual([
    {
      header: ['A', 'B'],
      rows: [
        ['1', '`x`'],
        ['2', 'y \\| z'],
      ],
      line: 3,
    },
  ])
})

test('tables does not take code for a table', () => {
  expect(tables('```\n| A |\n|---|\n```\n')).toEqual([])
})
