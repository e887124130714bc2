import {
  type Alias,
  type CST,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  type LineCounter,
  type Node,
  Parser,
  YAMLParseError,
} from 'yaml'
import type { Steps } from '../../steps.js'
import { composeInSteps } from './compose-in-steps.js'

/** A parsed text. */
export interface ParsedYaml {
  readonly document: Document
  /** What each alias means. */
  readonly targets: ReadonlyMap<Alias, Node>
}

/** Words of the text in one step: some 0.1 ms. */
const lexemesPerStep = 128

/** Nodes of the document in one step: some 0.1 ms. */
const nodesPerStep = 1024

/** Parses YAML as `parseDocument` of the library does, but in steps: 10,000 tokens take half a second. */
export function* parseYamlDocument(text: string, lines: LineCounter): Steps<ParsedYaml> {
  lines.addNewLine(0)
  const parser = new Parser(lines.addNewLine)
  const parsed: CST.Token[] = []
  let count = 0
  for (const lexeme of new Lexer().lex(text)) {
    parsed.push(...parser.next(lexeme))
    if (++count % lexemesPerStep === 0) yield
  }
  parsed.push(...parser.end())
  yield
  const document = yield* composeInSteps(parsed, text.length)
  return { document, targets: yield* checkNodes(document, lines) }
}

/**
 * Adds the mistakes that are left to the document: keys that a map has twice, and aliases without an anchor. Returns
 * what each alias means. One pass: `Alias.resolve` would go through the whole file for each alias, and the library's
 * check of keys through the whole map for each key.
 */
function* checkNodes(document: Document, lines: LineCounter): Steps<ReadonlyMap<Alias, Node>> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  const withoutTarget: YAMLParseError[] = []
  const left: unknown[] = [document.contents]
  for (let count = 1; left.length > 0; count++) {
    if (count % nodesPerStep === 0) yield
    const node = left.pop()
    if (isPair(node)) left.push(node.value, node.key)
    else if (isAlias(node)) {
      const { source } = node
      const target = anchors.get(source)
      if (target !== undefined) targets.set(node, target)
      else withoutTarget.push(mistake(node, 'BAD_ALIAS', `there is no &${source} before the alias *${source}`))
    } else if (isScalar(node) || isMap(node) || isSeq(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
      if (isMap<Node>(node)) for (const error of repeatedKeys(node.items, lines)) document.errors.push(error)
      if (!isScalar(node)) for (let index = node.items.length - 1; index >= 0; index--) left.push(node.items[index])
    }
  }
  if (document.errors.length === 0) document.errors.push(...withoutTarget)
  return targets
}

function* repeatedKeys(items: readonly { readonly key: Node }[], lines: LineCounter): Generator<YAMLParseError> {
  const first = new Map<unknown, Node>()
  for (const { key } of items) {
    if (!isScalar(key)) continue
    const known = first.get(key.value)
    if (known === undefined) first.set(key.value, key)
    else {
      const { line } = lines.linePos(known.range?.[0] ?? 0)
      const text = `the map has the key ${shownKey(key.value)} already, in line ${line}`
      yield mistake(key, 'DUPLICATE_KEY', text)
    }
  }
}

/** Longest part of a key in an error, in characters. */
const maxShownKey = 64

function shownKey(value: unknown): string {
  const text = String(value)
  return JSON.stringify(text.length > maxShownKey ? `${text.slice(0, maxShownKey)}…` : text)
}

function mistake({ range }: Node, code: YAMLParseError['code'], text: string): YAMLParseError {
  const [start] = range ?? [0]
  return new YAMLParseError([start, start + 1], code, text)
}
