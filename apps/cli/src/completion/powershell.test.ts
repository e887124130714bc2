import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { Language, type Node, Parser } from 'web-tree-sitter'
import { renderPowerShell } from './powershell.js'
import { vocabulary, type CompletedCommand } from './vocabulary.js'

const grammar = createRequire(import.meta.url).resolve('tree-sitter-powershell/tree-sitter-powershell.wasm')
const parser = await makeParser()

async function makeParser(): Promise<Parser> {
  await Parser.init()
  return new Parser().setLanguage(await Language.load(readFileSync(grammar)))
}

function parse(script: string): Node {
  const tree = parser.parse(script)
  if (tree === null) throw new Error('the parser has no language')
  return tree.rootNode
}

/** Texts that the grammar refuses. */
function mistakes(script: string): readonly string[] {
  return mistakesIn(parse(script))
}

function mistakesIn(node: Node): readonly string[] {
  if (node.isError || node.isMissing) return [node.text]
  return node.hasError ? node.children.flatMap(mistakesIn) : []
}

/** Keys of each table of the script, as PowerShell compares them. */
function tables(script: string): readonly (readonly string[])[] {
  const bodies = parse(script).descendantsOfType('hash_literal_body')
  return bodies.map((body) =>
    body.namedChildren.map((entry) => unquoted(entry.namedChild(0)?.text ?? '').toLowerCase()),
  )
}

/** Text of a string between single quotes. */
function unquoted(text: string): string {
  return text.replace(/^'(.*)'$/s, '$1').replaceAll("''", "'")
}

/** Names of the flags that take a value, for each command. */
function flagsWithValue(script: string): readonly string[] {
  const names = parse(script)
    .descendantsOfType('hash_entry')
    .filter((entry) => entry.namedChildren[0]?.text === 'Names')
  return names.flatMap((entry) => entry.descendantsOfType('string_literal').map(({ text }) => unquoted(text)))
}

const word: CompletedCommand = { name: 'client', summary: "Open the client's proxy", choices: [], options: [] }
const option = { long: ['--token'], short: '-t', help: 'Token', isRepeatable: false } as const

test('the parser finds a text that ends too early', () => {
  expect(mistakes("$commands = @{ 'client' = 'the client's proxy' }")).not.toEqual([])
})

describe('renderPowerShell', () => {
  const script = renderPowerShell(vocabulary())

  test('is PowerShell, with the flags of every command', () => {
    expect(mistakes(script)).toEqual([])
  })

  test('names no key of a table twice, which PowerShell refuses, in whatever case', () => {
    expect(tables(script).filter((keys) => new Set(keys).size < keys.length)).toEqual([])
  })

  test('contains only ASCII, so that no code page turns a byte into a quote', () => {
    expect(script).toMatch(/^[\n\u0020-\u007e]*$/)
  })

  test('keeps an apostrophe within its text', () => {
    expect(mistakes(renderPowerShell([word]))).toEqual([])
  })

  test('knows by both names which flags take a value', () => {
    const options = [
      { ...option, value: 'text' },
      { ...option, long: ['--qr'], short: undefined, value: 'none' },
    ] as const
    expect(flagsWithValue(renderPowerShell([{ ...word, options }]))).toEqual(['-t', '--token'])
  })

  test('offers values that need no quotes', () => {
    const choices = vocabulary().flatMap((each) => [
      ...each.choices,
      ...each.options.flatMap(({ value }) => (typeof value === 'string' ? [] : value)),
    ])
    expect(choices.filter((choice) => !/^[a-z][\w.:-]*$/i.test(choice))).toEqual([])
  })
})
