import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseCommandLine } from './arguments/command-line.js'

// The command accepts every `linksocks …` line of the documentation, and those inside of its text that have flags.

const root = fileURLToPath(new URL('../../../', import.meta.url))
const pages = [
  'README.md',
  'apps/cli/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((page) => `docs/${page}`),
]
  .filter((page) => page.endsWith('.md'))
  .map((page) => page.replaceAll('\\', '/'))

const commands = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), 'utf8')
  return [...commandsOf(text), ...inlineCommandsOf(text)].map((line) => ({ page, line }))
})

test.each(commands)('$page: $line', ({ line }) => {
  expect(() => parseCommandLine(wordsOf(line), {})).not.toThrow()
})

test('there are commands to try', () => {
  expect(commands.length).toBeGreaterThan(50)
})

/** Commands in inline code that have a flag, such as those in tables; not where COMMAND stands for the reader's own. */
function inlineCommandsOf(text: string): string[] {
  const spans = [...text.matchAll(/(?<!`)`(linksocks [^`\n]*)`(?!`)/g)].map(([, line = '']) => line)
  return spans.filter((line) => / -/.test(line) && !line.includes('COMMAND'))
}

/** Lines of shell blocks that begin with the command; a line that ends in a backslash continues on the next. */
function commandsOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```(?:sh|bash)(?: [^\n]*)?\n([\s\S]*?)^```$/gm)].map(([, code = '']) =>
    code.replaceAll('\\\n', ' '),
  )
  return blocks.flatMap((code) => code.split('\n')).filter((line) => /^(?:\.\/)?linksocks /.test(line))
}

/**
 * Splits a line like a shell, except for syntax that the documentation does not use; without the command's own name.
 */
function wordsOf(line: string): string[] {
  const [command = ''] = line.split(/\s[#>|&]/)
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
  return words.slice(1).map(([, double, single, plain]) => double ?? single ?? plain ?? '')
}
