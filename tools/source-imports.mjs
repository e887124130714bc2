import { parseSync, Visitor } from 'oxc-parser'

/** Globals that a browser lacks. Code that reads one of them needs Node. */
const nodeGlobals = new Set([
  'Buffer',
  'process',
  'global',
  'setImmediate',
  'clearImmediate',
  '__dirname',
  '__filename',
])

/** Globals for time and timers. Code without I/O takes them from a Clock, so that tests can control them. */
const timeGlobals = new Set(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'])

const globalObjects = new Set(['globalThis', 'window', 'self'])

/**
 * Reads what a module imports and which ambient names it uses.
 *
 * @returns {{
 *   imports: Array<{ specifier: string, line: number }>,
 *   globals: Array<{ name: string, kind: 'node' | 'time', line: number }>,
 * }} Type imports, re-exports and `import()` of a literal count; a reference to Node's types counts as `node:`.
 * @throws {SyntaxError} when the text does not parse.
 */
export function readSource(path, text) {
  const { program, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0].message}`)
  const lineAt = lineCounter(text)
  const nodeTypes = comments
    .filter(({ value }) => /^\/\s*<reference\s+types=["']node["']/.test(value))
    .map(({ start }) => ({ specifier: 'node:', line: lineAt(start) }))
  return { imports: [...nodeTypes, ...readImports(program, lineAt)], globals: readGlobals(program, lineAt) }
}

function readImports(program, lineAt) {
  const imports = []
  const add = (source) => {
    if (typeof source?.value === 'string') imports.push({ specifier: source.value, line: lineAt(source.start) })
  }
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
  }).visit(program)
  return imports
}

function readGlobals(program, lineAt) {
  const found = new Map()
  const add = (name, start) => {
    const kind = nodeGlobals.has(name) ? 'node' : timeGlobals.has(name) ? 'time' : undefined
    if (kind) found.set(start, { name, kind, line: lineAt(start) })
  }
  // A name after a dot or before a colon is a property: `clock.setTimeout` is no global.
  const properties = new Set()
  const property = ({ computed, shorthand, key }) => {
    if (!computed && !shorthand) properties.add(key.start)
  }
  new Visitor({
    MemberExpression({ object, property: key, computed }) {
      property({ computed, key })
      if (globalObjects.has(object.name)) add(key.name ?? key.value, key.start)
    },
    Property: property,
    MethodDefinition: property,
    PropertyDefinition: property,
    TSPropertySignature: property,
    TSMethodSignature: property,
    Identifier({ name, start }) {
      if (!properties.has(start)) add(name, start)
    },
  }).visit(program)
  return [...found.values()]
}

function lineCounter(text) {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => starts.findLastIndex((start) => start <= offset) + 1
}
