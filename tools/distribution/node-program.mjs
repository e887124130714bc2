import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../workspace.mjs'
import { nodeVersion } from './targets.mjs'

/**
 * Returns the path of Node's program for a target, from the npm registry; stored in `.cache` for later calls. @returns
 * {string} Its path.
 */
export function nodeProgram({ nodePackage, platform }) {
  const folder = join(repositoryRoot, '.cache/distribution', `${nodePackage}-${nodeVersion}`)
  const program = join(folder, platform === 'win32' ? 'bin/node.exe' : 'bin/node')
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  execFileSync('npm', ['pack', '--silent', `${nodePackage}@${nodeVersion}`], { cwd: folder })
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  execFileSync('tar', ['-xzf', archive, '--strip-components=1'], { cwd: folder })
  return program
}
