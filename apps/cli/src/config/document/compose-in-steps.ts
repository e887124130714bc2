import {
  Composer,
  type CST,
  type Document,
  isMap,
  isPair,
  isSeq,
  type Node,
  type ParsedNode,
  YAMLParseError,
} from 'yaml'
import type { Steps } from '../../steps.js'

/** The check of the library compares each key with all before it; `repeatedKeys` does the same in one pass. */
const options = { prettyErrors: false, stringKeys: true, uniqueKeys: false }

/** Characters of the text that are composed in one step: some 1 to 5 ms. */
const charactersPerStep = 4096

/** Levels at which a collection is divided: the tokens of a server are at the fourth. */
const maxDividedLevels = 8

/**
 * Makes the document of parsed text, as `Composer` of the library does, but in steps. A long collection is composed as
 * several short ones, whose items become those of one collection.
 */
export function* composeInSteps(parsed: readonly CST.Token[], length: number): Steps<Document> {
  const divided = new Map<CST.Token, Divided>()
  const short = parsed.map((token) => {
    if (token.type !== 'document' || !isCollection(token.value)) return token
    const value = divide(token.value, length, maxDividedLevels)
    if (value === undefined) return token
    const outer = { ...token, value: value.last }
    divided.set(outer, value)
    return outer
  })
  if (divided.size > 0) {
    const document = composeAll(short, length)
    const value = divided.values().next().value
    const isOne = divided.size === 1 && value !== undefined
    if (isOne && document.errors.length === 0 && (yield* fill(document.contents, value))) return document
  }
  // The text is short, or has a mistake: only the whole gives its right place.
  return composeAll(parsed, length)
}

function composeAll(parsed: readonly CST.Token[], length: number): Document {
  const [document, second] = new Composer(options).compose(parsed, true, length)
  if (document === undefined) throw new TypeError('the parser gave no document')
  if (second !== undefined) {
    const [start, end] = second.range
    document.errors.push(new YAMLParseError([start, end], 'MULTIPLE_DOCS', 'a second document'))
  }
  return document
}

type Collection = CST.BlockMap | CST.BlockSequence | CST.FlowCollection
type Item = CST.CollectionItem

/** A long collection as several short ones. */
interface Divided {
  readonly offset: number
  /** All but the last, in the order of the text. */
  readonly others: readonly Collection[]
  /** The last, which stands for the whole in the collection around it. */
  readonly last: Collection
  /** Divided values of items, by the offset of their last part. */
  readonly values: ReadonlyMap<number, Divided>
}

/** Divides a collection that ends at `end`; undefined where that needs no second step. */
function divide(token: Collection, end: number, levels: number): Divided | undefined {
  if (end - token.offset <= charactersPerStep || levels === 0) return undefined
  const values = new Map<number, Divided>()
  const parts: Item[][] = []
  let characters = Number.POSITIVE_INFINITY
  for (const [index, item] of token.items.entries()) {
    const start = startOf(item) ?? token.offset
    const next = token.items[index + 1]
    const itemEnd = (next === undefined ? undefined : startOf(next)) ?? end
    const value = isCollection(item.value) ? divide(item.value, itemEnd, levels - 1) : undefined
    if (value !== undefined) values.set(value.last.offset, value)
    const short = value === undefined ? item : { ...item, value: value.last }
    if (characters > charactersPerStep && (parts.length === 0 || mayBegin(token, item))) {
      parts.push([parts.length === 0 ? short : withoutComma(short)])
      characters = 0
    } else parts.at(-1)?.push(short)
    characters += value === undefined ? itemEnd - start : charactersPerStep
  }
  if (parts.length < 2 && values.size === 0) return undefined
  const others = parts.slice(0, -1).map((items) => part(token, items, true))
  return { offset: token.offset, others, last: part(token, parts.at(-1) ?? [], false), values }
}

function part(token: Collection, items: Item[], isEnded: boolean): Collection {
  const offset = (items[0] === undefined ? undefined : startOf(items[0])) ?? token.offset
  if (token.type !== 'flow-collection') return { ...token, offset, items } as Collection
  const isMapping = token.start.source === '{'
  const end: CST.SourceToken = {
    type: isMapping ? 'flow-map-end' : 'flow-seq-end',
    offset,
    indent: token.indent,
    source: isMapping ? '}' : ']',
  }
  return { ...token, offset, items, end: isEnded ? [end] : token.end }
}

/** Whether a part may begin with the item: in a flow collection after its comma. */
function mayBegin(token: Collection, { start, key, value }: Item): boolean {
  return token.type !== 'flow-collection' || (start[0]?.type === 'comma' && (key ?? value) !== undefined)
}

function withoutComma(item: Item): Item {
  const [comma, ...others] = item.start
  return comma?.type === 'comma' ? { ...item, start: others } : item
}

function startOf({ start, key, sep, value }: Item): number | undefined {
  return (start[0] ?? key ?? sep?.[0] ?? value)?.offset
}

function isCollection(token: CST.Token | null | undefined): token is Collection {
  return token?.type === 'block-map' || token?.type === 'block-seq' || token?.type === 'flow-collection'
}

/** Puts the items of all parts into the node of the last one. False where a part has a mistake. */
function* fill(node: Node | null, { offset, others, last, values }: Divided): Steps<boolean> {
  if (!(isMap(node) || isSeq(node)) || node.range?.[0] !== last.offset) return false
  const items: unknown[] = []
  for (const value of others) {
    yield
    const start: CST.Document = { type: 'document', offset: value.offset, start: [], value }
    const { contents, errors } = composeAll([start], value.offset)
    if (errors.length > 0 || !(isMap(contents) || isSeq(contents))) return false
    for (const item of contents.items) items.push(item)
  }
  for (const item of node.items) items.push(item)
  node.items = items as typeof node.items
  node.range[0] = offset
  let filled = 0
  for (const item of items) {
    const value = (isPair(item) ? item.value : item) as ParsedNode | null
    const divided = values.get(value?.range[0] ?? -1)
    if (divided === undefined || !(yield* fill(value, divided))) continue
    filled++
  }
  return filled === values.size
}
