import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isCollection, isPair, LineCounter, type Node, parseDocument, Parser, YAMLParseError } from 'yaml'
import { doSteps } from '../../steps.js'
import { composeInSteps } from './compose-in-steps.js'
import { parseYamlDocument } from './yaml-document.js'

const tokens = Array.from({ length: 100 }, (_none, index) => ({
  token: `tenant-${index}`,
  reverse: index % 3 === 0,
  policy: { name: `tenant ${index}`, allow: ['10.0.0.0/8', `10.1.0.${index}:443`], rate: { down: '50Mbit' } },
}))

/** Servers with a list of 100 tokens, as people and programs write it. */
const texts = {
  block: `# all tenants\nservers:\n  a: &a\n    tokens: !!seq\n${tokens
    .map(({ token, policy }) => `      # one\n      - token: ${token}\n        policy: ${JSON.stringify(policy)}\n`)
    .join('\n')}    ws-port: 1\n  b: {tokens: *a}\nclients:\n  c:\n    url: x\n`,
  flow: JSON.stringify({ servers: { a: { tokens, 'ws-port': 1 }, b: { tokens } }, clients: {} }),
  lines: JSON.stringify({ clients: {}, servers: { a: { 'ws-port': 1, tokens }, b: { tokens } } }, undefined, 2),
  keys: `servers:\n${tokens.map(({ token }) => `  ${token}:\n    token: t\n    # nothing\n    ws-host: x\n`).join('')}`,
  'many keys of one line': `{${tokens.map(({ token }) => `${token}-long-enough-for-a-second-step: [${token}, {a: b}, ],`).join('\n ')}}`,
}

/** Nodes with their values and places, in the order of the text. */
function nodesOf(node: unknown): readonly unknown[] {
  if (isPair(node)) return [nodesOf(node.key), nodesOf(node.value)]
  const { range, anchor, tag } = (node ?? {}) as Node & { anchor?: string }
  return [range?.slice(0, 2), anchor, tag, isCollection(node) ? node.items.map(nodesOf) : String(node)]
}

function read(text: string): object {
  const { document } = doSteps(parseYamlDocument(text, new LineCounter()))
  return shown(document.contents, document.errors)
}

/** The same with the library's text for a key that a map has twice, which names neither key nor line. */
function readForLibrary(text: string): object {
  const { document } = doSteps(parseYamlDocument(text, new LineCounter()))
  const errors = document.errors.map((error) =>
    error.code === 'DUPLICATE_KEY' ? new YAMLParseError(error.pos, error.code, 'Map keys must be unique') : error,
  )
  return shown(document.contents, errors)
}

function shown(contents: unknown, errors: ReturnType<typeof parseDocument>['errors']): object {
  const sorted = errors.map(({ pos, message }) => `${String(pos[0]).padStart(9)} ${message}`).toSorted()
  return { nodes: errors.length > 0 ? [] : nodesOf(contents), errors: sorted }
}

function readByLibrary(text: string): object {
  const { contents, errors } = parseDocument(text, { prettyErrors: false, stringKeys: true })
  return shown(contents, errors)
}

describe('parseYamlDocument', () => {
  test.each(Object.entries(texts))('gives the nodes of the library, for %s', (_name, text) => {
    expect(read(text)).toEqual(readByLibrary(text))
  })

  test.each(Object.entries(texts))(
    'gives the mistakes of the library, wherever they are, for %s',
    { timeout: 60_000 },
    (_name, text) => {
      const parts = [
        '\n',
        ' ',
        ',',
        ':',
        ']',
        '}',
        '{',
        '[',
        '- ',
        '"',
        '&a ',
        '*a',
        'x',
        '#',
        '? ',
        '\ttoken: ',
        '!!map ',
      ]
      const change = fc.record({ at: fc.nat(text.length), length: fc.nat(3), part: fc.constantFrom(...parts) })
      fc.assert(
        fc.property(change, ({ at, length, part }) => {
          const changed = text.slice(0, at) + part + text.slice(at + length)
          const result = readForLibrary(changed)
          // An alias without an anchor is no mistake for the library.
          const isAlias = JSON.stringify(result).includes('there is no &')
          expect(isAlias ? {} : result).toEqual(isAlias ? {} : readByLibrary(changed))
        }),
        { numRuns: 4 },
      )
    },
  )

  test('finds each key that a map has twice, as the library does', () => {
    const text = 'a: 1\nb: {x: 1, "x": 2, x: 3}\na: 2\n? a\n: 3\n? [1]\n: 4\n'
    expect(readForLibrary(text)).toEqual(readByLibrary(text))
  })

  // A comparison of each key with all before it takes a minute on a fast machine.
  test('compares no key with all others', { timeout: 40_000 }, () => {
    const keys = Array.from({ length: 100_000 }, (_none, index) => `k${index}:\n`)
    expect(read(`${keys.join('')}k7:\n`)).toEqual({
      nodes: [],
      errors: ['   788890 the map has the key "k7" already, in line 8'],
    })
  })
})

test.each(Object.entries(texts))('composeInSteps composes a small part in each step, for %s', (_name, text) => {
  const steps = composeInSteps([...new Parser().parse(text)], text.length)
  let count = 0
  while (steps.next().done !== true) count++
  expect(count).toBeGreaterThan(text.length / 16_384)
})
