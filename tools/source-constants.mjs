import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { repositoryRoot } from './workspace.mjs'

/**
 * Returns the number that a source file gives a name: `const name = 2 * kibibyte`, a default as in
 * `options.name ?? 10_000` or `{ name = 10_000 }`, or else a property of that name.
 *
 * @throws {Error} when the file has no such number, or several that differ.
 */
export function sourceConstant(file, name) {
  const { program, errors } = parseSync(file, readFileSync(join(repositoryRoot, file), 'utf8'))
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors[0].message}`)
  const constants = new Map()
  const defaults = []
  const properties = []
  new Visitor({
    VariableDeclarator: ({ id, init }) => {
      if (id.type === 'Identifier' && init) constants.set(id.name, init)
    },
    LogicalExpression: ({ left, operator, right }) => {
      if (operator === '??' && left.property?.name === name) defaults.push(right)
    },
    AssignmentPattern: ({ left, right }) => {
      if (left.name === name) defaults.push(right)
    },
    Property: ({ key, value }) => {
      if (key.name === name && value.type === 'Literal') properties.push(value)
    },
  }).visit(program)
  const declared = constants.has(name) ? evaluate(constants.get(name), constants) : undefined
  const nodes = defaults.length > 0 ? defaults : properties
  const values = new Set(declared === undefined ? nodes.map((node) => evaluate(node, constants)) : [declared])
  const [value] = values
  if (values.size === 1 && value !== undefined) return value
  throw new Error(`${file} gives ${name} ${value === undefined ? 'no number' : [...values].join(' and ')}`)
}

/** Returns the value of a node; undefined if it is no number, or comes from another file. */
function evaluate(node, constants) {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'number' ? node.value : undefined
    case 'Identifier':
      return constants.has(node.name) ? evaluate(constants.get(node.name), constants) : undefined
    // Returns the largest possible value.
    case 'CallExpression':
      return node.callee.property?.name === 'min' ? evaluate(node.arguments[0], constants) : undefined
    case 'BinaryExpression':
      if (node.operator === '*') return evaluate(node.left, constants) * evaluate(node.right, constants)
      return node.operator === '/' ? evaluate(node.left, constants) / evaluate(node.right, constants) : undefined
    default:
      return undefined
  }
}
