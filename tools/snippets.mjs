import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fencedBlocks } from './markdown.mjs'
import { repositoryRoot } from './workspace.mjs'

const run = promisify(execFile)

/** Time for a snippet to end by itself, in milliseconds; then it is killed and counts as a fault. */
export const snippetTimeoutMs = 60_000

const endings = { ts: 'ts', typescript: 'ts', js: 'js', javascript: 'js', mjs: 'js' }

const compilerOptions = {
  target: 'ES2023',
  lib: ['ES2023', 'DOM'],
  module: 'NodeNext',
  moduleDetection: 'force',
  types: ['node'],
  typeRoots: [join(repositoryRoot, 'node_modules/@types')],
  strict: true,
  allowJs: true,
  checkJs: false,
  skipLibCheck: false,
  rootDir: '.',
  outDir: 'out',
}

/**
 * Returns the programs in a Markdown text: its ts and js blocks. A block marked `no-run` needs something that a test
 * does not have, and is only compiled; one marked `excerpt` shows a part of a program, and is only parsed.
 *
 * @returns {Array<{ name: string, file: string, code: string, compiles: boolean, runs: boolean }>} `name` is
 * `page:line`, `file` a file name made of it.
 */
export function readSnippets(page, text) {
  return fencedBlocks(text)
    .filter(({ language }) => endings[language])
    .map(({ language, marks, code, line }) => ({
      name: `${page}:${line}`,
      file: `${page.replaceAll(/[^\w]+/g, '-')}-${line}.${endings[language]}`,
      code,
      compiles: !marks.includes('excerpt'),
      runs: !marks.includes('excerpt') && !marks.includes('no-run'),
    }))
}

/**
 * Writes the snippets into `folder`, from which the packages that they import must be found, and compiles them
 * together.
 *
 * @returns {Promise<string[]>} What the compiler says, each line beginning with the `file` of its snippet.
 */
export async function compileSnippets(folder, snippets) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const { file, code } of snippets) writeFileSync(join(folder, file), code)
  const files = snippets.map(({ file }) => file)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const compiler = join(repositoryRoot, 'node_modules/typescript/bin/tsc')
  try {
    await run(process.execPath, [compiler, '-p', '.', '--pretty', 'false'], { cwd: folder })
    return []
  } catch (failure) {
    if (!failure.stdout) throw failure
    return failure.stdout.trim().split('\n')
  }
}

/**
 * Runs a compiled snippet to its end.
 *
 * @throws {Error} with its output, when it fails or takes longer than {@link snippetTimeoutMs}.
 */
export async function runSnippet(folder, { name, file }) {
  const program = join(folder, 'out', file.replace(/\.ts$/, '.js'))
  try {
    await run(process.execPath, [program], { cwd: folder, timeout: snippetTimeoutMs, killSignal: 'SIGKILL' })
  } catch (failure) {
    const how = failure.killed ? `is not done after ${snippetTimeoutMs} ms` : `exits with ${failure.code}`
    throw new Error(`${name} ${how}\n${failure.stdout}${failure.stderr}`, { cause: failure })
  }
}
