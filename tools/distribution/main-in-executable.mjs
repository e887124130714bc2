// First script of the executable: runs the command from its chunks, which are assets.
import { getAsset, getRawAsset } from 'node:sea'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { chunkLoader } from './chunks.mjs'
import { entryFlags } from './entry-flags.mjs'

for (const flag of entryFlags) setFlagsFromString(flag)

const load = chunkLoader({
  read: (name) => getAsset(name, 'utf8'),
  readCache: codeCache,
  require,
  url: pathToFileURL(process.execPath).href,
})

/** Executables that were made on another platform have no caches. */
function codeCache(name) {
  try {
    return new Uint8Array(getRawAsset(`${name}.cache`))
  } catch {
    return undefined
  }
}

// Scripts ask for the version often, so it is printed without loading anything else, as in `bin/linksocks.js`.
const [, , word, ...others] = process.argv
if (others.length === 0 && ['--version', '-V', '-v', 'version'].includes(word))
  process.stdout.write(`${load('./version.js').versionLine()}\n`)
else void load('./main.js').main()
