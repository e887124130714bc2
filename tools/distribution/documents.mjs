import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { repositoryRoot } from '../workspace.mjs'

/**
 * Returns names and texts of the files that the command generates from its flag table. @returns
 * {Readonly<Record<string, string>>}
 */
export function makeDocuments() {
  return {
    'linksocks.1': output('help', '--man'),
    'linksocks.bash': output('completion', 'bash'),
    _linksocks: output('completion', 'zsh'),
    'linksocks.fish': output('completion', 'fish'),
    'linksocks.ps1': output('completion', 'powershell'),
  }
}

function output(...args) {
  return execFileSync(process.execPath, [join(repositoryRoot, 'apps/cli/bin/linksocks.js'), ...args], {
    encoding: 'utf8',
  })
}
