// Makes what is handed out beside the npm packages: `pnpm build:dist [linux-x64 …]`, all targets when none is named.
// Writes into dist/release: an archive for each target, a bill of materials, and SHA256SUMS.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { repositoryRoot } from '../workspace.mjs'
import { makeArchive, writeChecksums } from './archive.mjs'
import { billOfMaterials } from './bill-of-materials.mjs'
import { bundleCommand } from './bundle.mjs'
import { makeExecutable } from './executable.mjs'
import { targetName, targets } from './targets.mjs'

const folder = join(repositoryRoot, 'dist/release')
const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'apps/cli/package.json'), 'utf8'))

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !targets.some((target) => targetName(target) === name))
if (unknown.length > 0) {
  console.error(`no target is called ${unknown.join(', ')}; there is ${targets.map(targetName).join(', ')}`)
  process.exit(2)
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
mkdirSync(join(repositoryRoot, 'dist/work'), { recursive: true })

const bundle = join(repositoryRoot, 'dist/work/linksocks.cjs')
const metafile = await bundleCommand(bundle)
writeFileSync(
  join(folder, `linksocks-${version}.cdx.json`),
  `${JSON.stringify(billOfMaterials(metafile, version), undefined, 2)}\n`,
)

const documents = {
  'linksocks.1': output('help', '--man'),
  'linksocks.bash': output('completion', 'bash'),
  _linksocks: output('completion', 'zsh'),
  'linksocks.fish': output('completion', 'fish'),
  'linksocks.ps1': output('completion', 'powershell'),
}

for (const target of targets.filter((each) => wanted.length === 0 || wanted.includes(targetName(each)))) {
  const executable = makeExecutable(target, bundle)
  const archive = makeArchive({ target, executable, documents, version, folder })
  console.log(`${basename(archive)}: ${mebibytes(archive)} MiB, the executable ${mebibytes(executable)} MiB`)
}
writeChecksums(folder)

function output(...args) {
  return execFileSync(process.execPath, [join(repositoryRoot, 'apps/cli/bin/linksocks.js'), ...args], {
    encoding: 'utf8',
  })
}

function mebibytes(file) {
  return (statSync(file).size / 1024 / 1024).toFixed(1)
}
