/** Columns of a line, comments included. The formatter wraps code at the same width and does not change comments. */
const maxColumns = 120

/**
 * Rules of this project that oxlint lacks, as a plugin of oxlint.
 *
 * `comment-width`: a comment ends by column 120. `camel-case-constants`: `const maxBytes`, and not `const MAX_BYTES`.
 * `object-assertions`: `expect({ a, b }).toEqual({ a: 1, b: 2 })`. A failure then gives the name of the value that
 * differs; with `[a, b]` it gives an index.
 */
export default {
  meta: { name: 'house' },
  rules: {
    'comment-width': {
      create: (context) => ({
        Program() {
          for (const comment of context.sourceCode.getAllComments()) reportWideLines(context, comment)
        },
      }),
    },
    'camel-case-constants': {
      create: (context) => ({
        VariableDeclarator({ id }) {
          if (id.type !== 'Identifier' || !/^[A-Z][A-Z\d_]+$/.test(id.name)) return
          context.report({ node: id, message: `Write ${id.name} in camelCase` })
        },
      }),
    },
    'object-assertions': {
      create: (context) => ({
        CallExpression(node) {
          if (node.callee.name !== 'expect' || !isTuple(node.arguments[0])) return
          context.report({ node, message: 'Compare an object that names its values, and not an array of them' })
        },
      }),
    },
  },
}

function reportWideLines(context, { loc }) {
  for (let line = loc.start.line; line <= loc.end.line; line++) {
    const { length } = context.sourceCode.lines[line - 1]
    if (length <= maxColumns) continue
    const start = { line, column: maxColumns }
    context.report({
      loc: { start, end: { line, column: length } },
      message: `Wrap this comment at ${maxColumns} columns`,
    })
  }
}

function isTuple(argument) {
  return argument?.type === 'ArrayExpression' && argument.elements.length > 1
}
