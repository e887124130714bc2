import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../workspace.mjs'
import { bufferutilPath } from './bundle.mjs'
import { nodeProgram } from './node-program.mjs'
import { targetName, targets } from './targets.mjs'

/**
 * Makes the single executable for a target out of the bundle.
 *
 * @param {(typeof targets)[number]} target
 * @param {string} bundle Path of the bundled command.
 * @returns {string} Path of the executable.
 */
export function makeExecutable(target, bundle) {
  const folder = join(repositoryRoot, 'dist/work', targetName(target))
  mkdirSync(folder, { recursive: true })
  const output = join(folder, target.platform === 'win32' ? 'linksocks.exe' : 'linksocks')
  const addOn = bufferutilPath(target.platform, target.arch)
  const config = {
    main: bundle,
    mainFormat: 'commonjs',
    output,
    executable: nodeProgram(target),
    disableExperimentalSEAWarning: true,
    // The cache holds machine code of this platform's V8.
    useCodeCache: isHost(target),
    assets: existsSync(addOn) ? { 'bufferutil.node': addOn } : {},
  }
  const configFile = join(folder, 'sea.json')
  writeFileSync(configFile, JSON.stringify(config))
  execFileSync(nodeProgram(hostTarget()), ['--build-sea', configFile], { stdio: ['ignore', 'ignore', 'inherit'] })
  chmodSync(output, 0o755)
  return output
}

function isHost({ platform, arch }) {
  return platform === process.platform && arch === process.arch
}

/** Any of them can make the executables of all. */
export function hostTarget() {
  const host = targets.find(isHost)
  if (host === undefined) throw new Error(`executables cannot be made on ${process.platform} ${process.arch}`)
  return host
}
