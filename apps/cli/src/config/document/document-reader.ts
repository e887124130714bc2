import { ParseError } from 'toml-eslint-parser'
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type YAMLError } from 'yaml'
import { messageOf } from '../../output/describe-error.js'
import type { Steps } from '../../steps.js'
import { ConfigError, type Problem } from '../config-error.js'
import type { Place } from '../config-file.js'
import { plainValue } from './plain-value.js'
import { parseTomlDocument } from './toml-document.js'
import { type ParsedYaml, parseYamlDocument } from './yaml-document.js'

/** A key of a map, with its value. */
export interface Entry {
  readonly key: string
  /** Path of the key from the top of the file. */
  readonly path: string
  readonly keyPlace: Place
  readonly place: Place
  readonly value: Node | undefined
}

/** Largest file that is read. A role has less than 200 keys. */
export const maxConfigBytes = 4_194_304

/** A document of YAML, JSON or, by its file name, TOML, whose nodes have their places. Collects mistakes. */
export class DocumentReader {
  readonly problems: Problem[] = []
  readonly #lines: LineCounter
  readonly #document: Document
  readonly #targets: ParsedYaml['targets']

  private constructor(path: string, { document, targets }: ParsedYaml, lines: LineCounter) {
    this.#document = document
    this.#targets = targets
    this.#lines = lines
    // The parser has two complaints about a wrong indentation, both at the same place.
    const sorted = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0])
    const errors = sorted.filter(({ pos }, index, all) => pos[0] !== all[index - 1]?.pos[0])
    for (const error of errors) this.fault(this.#placeAt(error.pos[0]), '', explain(error))
    if (this.problems.length > 0) throw new ConfigError(path, this.problems)
  }

  /** Parses a text. @throws ConfigError for a text that is not valid YAML or TOML */
  static *read(path: string, text: string): Steps<DocumentReader> {
    const lines = new LineCounter()
    return new DocumentReader(path, yield* parse(path, text, lines), lines)
  }

  get root(): Node | undefined {
    return this.#document.contents ?? undefined
  }

  /** Adds a mistake. */
  fault(place: Place, key: string, text: string): void {
    const { line, column } = place
    this.problems.push({ line, column, key, text })
  }

  /** Entries of a map; none, with a problem, for anything else. An empty value is an empty map. */
  entries(node: Node | undefined, path: string, place: Place, wanted: string): readonly Entry[] {
    const map = this.#resolve(node)
    if (map === undefined || (isScalar(map) && map.value === null)) return []
    if (!isMap<Node, Node | null>(map)) {
      this.fault(place, path, `must be ${wanted}`)
      return []
    }
    return map.items.map(({ key, value }) => {
      const name = String(isScalar(key) ? key.value : key)
      const keyPlace = this.place(key, place)
      return {
        key: name,
        path: path === '' ? name : `${path}.${name}`,
        keyPlace,
        place: value === null ? keyPlace : this.place(value, keyPlace),
        value: value ?? undefined,
      }
    })
  }

  /** Elements of a sequence; any other value counts as the only element. */
  elements(node: Node | undefined): readonly Node[] {
    const resolved = this.#resolve(node)
    if (resolved === undefined) return []
    return isSeq<Node>(resolved) ? resolved.items : [resolved]
  }

  isSequence(node: Node | undefined): boolean {
    return isSeq(this.#resolve(node))
  }

  /** Text of a scalar exactly as in the file, so that `0123` is not changed; undefined for anything else. */
  text(node: Node | undefined): string | undefined {
    const resolved = this.#resolve(node)
    if (!isScalar(resolved) || resolved.value === null) return undefined
    const { source, value } = resolved
    return typeof value === 'string' ? value : source
  }

  isMap(node: Node | undefined): boolean {
    return isMap(this.#resolve(node))
  }

  /** JSON value of a node. @throws Error for one that is too deep or too large */
  json(node: Node | undefined): unknown {
    return plainValue(node, (each) => this.#resolve(each))
  }

  /** Place of the node at the end of these keys, or of the last node that exists. */
  placeWithin(node: Node | undefined, keys: readonly string[], otherwise: Place): Place {
    const resolved = this.#resolve(node)
    const [key, ...rest] = keys
    const place = this.place(node, otherwise)
    if (key === undefined || !isMap<Node, Node | null>(resolved)) return place
    const pair = resolved.items.find((each) => isScalar(each.key) && String(each.key.value) === key)
    if (pair === undefined) return place
    return this.placeWithin(pair.value ?? undefined, rest, this.place(pair.key, place))
  }

  place(node: Node | null | undefined, otherwise: Place): Place {
    const start = node?.range?.[0]
    return start === undefined ? otherwise : this.#placeAt(start)
  }

  #resolve(node: Node | undefined): Node | undefined {
    return isAlias(node) ? this.#targets.get(node) : node
  }

  #placeAt(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
}

function* parse(path: string, text: string, lines: LineCounter): Steps<ParsedYaml> {
  const isToml = /\.toml$/i.test(path)
  try {
    if (isToml) return { document: parseTomlDocument(text, lines), targets: new Map() }
    return yield* parseYamlDocument(text, lines)
  } catch (error) {
    const place = error instanceof ParseError ? { line: error.lineNumber, column: error.column + 1 } : top
    throw new ConfigError(path, [{ ...place, key: '', text: `no ${isToml ? 'TOML' : 'YAML'}: ${messageOf(error)}` }])
  }
}

/** Explains the mistakes that people make most; the words of the parser for others. */
function explain({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; a file has one'
  if (code === 'MULTILINE_IMPLICIT_KEY')
    return 'this line has no key: it needs a colon and a space between key and value'
  if (code === 'BLOCK_AS_IMPLICIT_KEY') return 'the line has two keys, or the next line is indented too far'
  return message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message
}

const top: Place = { line: 1, column: 1 }
