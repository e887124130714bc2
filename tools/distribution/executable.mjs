import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../workspace.mjs'
import { bufferutilPath, bundleCommand, bundleFirstScript } from './bundle.mjs'
import { chunkOrder, packChunks } from './chunk-pack.mjs'
import { emptyStart, writeStart } from './chunk-start.mjs'
import { nodeProgram } from './node-program.mjs'
import { signMachO } from './sign-macho.mjs'
import { targetName, targets } from './targets.mjs'

/** Folder into which {@link makeProgram} writes the parts of all executables. */
const parts = join(repositoryRoot, 'dist/work')

/**
 * Bundles the command, with V8's code cache for this platform.
 *
 * @returns {Promise<import('esbuild').Metafile>} esbuild's report of its sources.
 */
export async function makeProgram() {
  const folder = join(parts, 'chunks')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const [{ chunks, metafile }, firstScript] = await Promise.all([bundleCommand(), bundleFirstScript()])
  for (const [name, text] of chunks) writeFileSync(join(folder, name), text)
  writeFileSync(join(parts, 'main.cjs'), firstScript)
  const maker = join(repositoryRoot, 'tools/distribution/make-code-caches.mjs')
  execFileSync(nodeProgram(hostTarget()), [maker, folder], { stdio: ['ignore', 'ignore', 'inherit'] })
  writeFileSync(join(parts, 'order.json'), JSON.stringify(chunkOrder(metafile)))
  return metafile
}

/**
 * Makes the single executable for a target from the parts that {@link makeProgram} has written.
 *
 * @param {(typeof targets)[number]} target
 * @returns {string} Path of the executable.
 */
export function makeExecutable(target) {
  const folder = join(parts, targetName(target))
  mkdirSync(folder, { recursive: true })
  const output = executablePath(target)
  const config = {
    main: join(parts, 'main.cjs'),
    mainFormat: 'commonjs',
    output,
    executable: nodeProgram(target),
    disableExperimentalSEAWarning: true,
    useCodeCache: isHost(target),
    assets: assetsFor(target),
  }
  const configFile = join(folder, 'sea.json')
  writeFileSync(configFile, JSON.stringify(config))
  execFileSync(nodeProgram(hostTarget()), ['--build-sea', configFile], { stdio: ['ignore', 'ignore', 'inherit'] })
  writeStart(output, readFileSync(config.assets.chunks))
  // The last change of the file: it hashes everything.
  if (target.platform === 'darwin') signMachO(output, 'linksocks')
  chmodSync(output, 0o755)
  return output
}

/** Returns the path that {@link makeExecutable} writes to. @returns {string} */
export function executablePath(target) {
  return join(parts, targetName(target), target.platform === 'win32' ? 'linksocks.exe' : 'linksocks')
}

/** Returns the assets for a target: code caches are valid for V8 on one platform only. */
function assetsFor(target) {
  const names = JSON.parse(readFileSync(join(parts, 'order.json'), 'utf8'))
  const { bytes, index } = packChunks(join(parts, 'chunks'), names, isHost(target))
  const folder = join(parts, targetName(target))
  const files = { chunks: 'chunks.bin', index: 'index.json', start: 'start.txt' }
  const assets = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(folder, file)]))
  writeFileSync(assets.chunks, bytes)
  writeFileSync(assets.index, JSON.stringify(index))
  writeFileSync(assets.start, emptyStart)
  const addOn = bufferutilPath(target.platform, target.arch)
  return existsSync(addOn) ? { ...assets, 'bufferutil.node': addOn } : assets
}

function isHost({ platform, arch }) {
  return platform === process.platform && arch === process.arch
}

/** Returns the target of this machine, which can make the executables of all targets. */
export function hostTarget() {
  const host = targets.find(isHost)
  if (host === undefined) throw new Error(`executables cannot be made on ${process.platform} ${process.arch}`)
  return host
}
