// Builds the files that are distributed beside the npm packages: `pnpm build:dist [linux-x64 …]`, for all targets when
// none is named. `pnpm build:packages` also builds .deb and .rpm for Linux, which needs Go. Writes into dist/release:
// an archive for each target, a bill of materials, and SHA256SUMS.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { repositoryRoot } from '../workspace.mjs'
import { makeArchive, writeChecksums } from './archive.mjs'
import { billOfMaterials } from './bill-of-materials.mjs'
import { makeDocuments } from './documents.mjs'
import { makeExecutable, makeProgram } from './executable.mjs'
import { makeSystemPackage } from './system-package.mjs'
import { targetName, targets } from './targets.mjs'

const folder = join(repositoryRoot, 'dist/release')
const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'apps/cli/package.json'), 'utf8'))

const withPackages = process.argv.includes('--packages')
const wanted = process.argv.slice(2).filter((word) => word !== '--packages')
const unknown = wanted.filter((name) => !targets.some((target) => targetName(target) === name))
if (unknown.length > 0) {
  console.error(`no target is called ${unknown.join(', ')}; there is ${targets.map(targetName).join(', ')}`)
  process.exit(2)
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

const metafile = await makeProgram()
writeFileSync(
  join(folder, `linksocks-${version}.cdx.json`),
  `${JSON.stringify(billOfMaterials(metafile, version), undefined, 2)}\n`,
)

const documents = makeDocuments()

for (const target of targets.filter((each) => wanted.length === 0 || wanted.includes(targetName(each)))) {
  const executable = makeExecutable(target)
  const archive = makeArchive({ target, executable, documents, version, folder })
  console.log(`${basename(archive)}: ${mebibytes(archive)} MiB, the executable ${mebibytes(executable)} MiB`)
  if (!withPackages || target.platform !== 'linux') continue
  for (const format of ['deb', 'rpm']) {
    const file = makeSystemPackage({ format, target, executable, documents, version, folder })
    console.log(`${basename(file)}: ${mebibytes(file)} MiB`)
  }
}
writeChecksums(folder)

function mebibytes(file) {
  return (statSync(file).size / 1024 / 1024).toFixed(1)
}
