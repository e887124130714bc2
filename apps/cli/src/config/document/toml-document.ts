import { type AST, parseTOML } from 'toml-eslint-parser'
import {
  type Document,
  Document as YamlDocument,
  type LineCounter,
  type Node,
  Pair,
  Scalar,
  YAMLMap,
  YAMLSeq,
} from 'yaml'

/**
 * Parses TOML as the document that a YAML file of the same content would give, each node with its place.
 *
 * @throws ParseError of toml-eslint-parser for the first mistake
 */
export function parseTomlDocument(text: string, lines: LineCounter): Document {
  lines.addNewLine(0)
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1)
  const root = new YAMLMap()
  for (const part of parseTOML(text).body[0].body) {
    if (part.type === 'TOMLKeyValue') addValue(root, part)
    else addTable(root, part)
  }
  const document = new YamlDocument()
  document.contents = root
  return document
}

/** Adds a table: `[a.b]` or `[[a.b]]`. */
function addTable(root: YAMLMap, { kind, key, body }: AST.TOMLTable): void {
  const parent = childAt(root, key.keys.slice(0, -1))
  const last = key.keys.at(-1)
  if (last === undefined) return
  let table: YAMLMap
  if (kind === 'array') {
    const known = parent.get(nameOf(last), true) as unknown
    const sequence = known instanceof YAMLSeq ? known : add(parent, last, new YAMLSeq())
    table = placed(new YAMLMap(), last)
    sequence.items.push(table)
  } else table = childAt(parent, [last])
  for (const part of body) addValue(table, part)
}

function addValue(map: YAMLMap, { key, value }: AST.TOMLKeyValue): void {
  const last = key.keys.at(-1)
  if (last !== undefined) add(childAt(map, key.keys.slice(0, -1)), last, nodeOf(value))
}

/** Map to which these keys lead: in a list of tables, the last one. */
function childAt(map: YAMLMap, keys: readonly Key[]): YAMLMap {
  return keys.reduce((parent, key) => {
    const known = parent.get(nameOf(key), true) as unknown
    const child: unknown = known instanceof YAMLSeq ? known.items.at(-1) : known
    return child instanceof YAMLMap ? child : add(parent, key, placed(new YAMLMap(), key))
  }, map)
}

function add<Value extends Node>(map: YAMLMap, key: Key, value: Value): Value {
  // The parser has refused duplicate keys; YAMLMap would search for each.
  map.items.push(new Pair(placed(new Scalar(nameOf(key)), key), value.range ? value : placed(value, key)))
  return value
}

function nodeOf(value: AST.TOMLContentNode): Node {
  if (value.type === 'TOMLArray') {
    const sequence = placed(new YAMLSeq(), value)
    sequence.items.push(...value.elements.map(nodeOf))
    return sequence
  }
  if (value.type === 'TOMLInlineTable') {
    const map = placed(new YAMLMap(), value)
    for (const part of value.body) addValue(map, part)
    return map
  }
  const scalar: Scalar & { source?: string } = placed(new Scalar(contentOf(value)), value)
  scalar.source = String(scalar.value)
  return scalar
}

/** Value as in JSON, which has no type for dates. */
function contentOf(value: AST.TOMLValue): string | number | boolean {
  return 'datetime' in value ? value.datetime : value.value
}

function placed<Value extends Node>(node: Value, { range: [start, end] }: { range: AST.Range }): Value {
  node.range = [start, end, end]
  return node
}

type Key = AST.TOMLBare | AST.TOMLQuoted

function nameOf(key: Key): string {
  return key.type === 'TOMLBare' ? key.name : key.value
}
