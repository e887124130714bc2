import { Composer, type CST, type Document, Lexer, type LineCounter, Parser, YAMLParseError } from 'yaml'
import type { Steps } from '../../steps.js'

/** A parsed text. */
export interface ParsedYaml {
  readonly document: Document
  /** Whether the text has aliases, such as `*name`. */
  readonly hasAliases: boolean
}

/** Words of the text in one step: some 0.1 ms. */
const lexemesPerStep = 128

/**
 * Parses YAML as `parseDocument` of the library does, but in steps: 10,000 tokens take half a second. Only the last
 * fifth of it, which makes nodes of the parsed text, is one step.
 */
export function* parseYamlDocument(text: string, lines: LineCounter): Steps<ParsedYaml> {
  lines.addNewLine(0)
  const parser = new Parser(lines.addNewLine)
  const parsed: CST.Token[] = []
  let count = 0
  let hasAliases = false
  for (const lexeme of new Lexer().lex(text)) {
    parsed.push(...parser.next(lexeme))
    hasAliases ||= lexeme.startsWith('*')
    if (++count % lexemesPerStep === 0) yield
  }
  parsed.push(...parser.end())
  yield
  const [document, second] = new Composer({ prettyErrors: false, stringKeys: true }).compose(parsed, true, text.length)
  if (document === undefined) throw new TypeError('the parser gave no document')
  if (second !== undefined) {
    const [start, end] = second.range
    document.errors.push(new YAMLParseError([start, end], 'MULTIPLE_DOCS', 'a second document'))
  }
  return { document, hasAliases }
}
