// First script of the executable: runs the command from its chunks, which are assets.
import { getAsset, getRawAsset } from 'node:sea'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { chunkLoader } from './chunks.mjs'
import { entryFlags } from './entry-flags.mjs'

for (const flag of entryFlags) setFlagsFromString(flag)

const chunks = getRawAsset('chunks')
/** Offset and length of a text, and of its code cache. Executables that were made on another platform have none. */
const index = JSON.parse(getAsset('index', 'utf8'))

const load = chunkLoader({
  // It holds no character beyond ASCII.
  read: (name) => Buffer.from(chunks, index[name][0], index[name][1]).latin1Slice(),
  readCache: (name) => (index[name].length > 2 ? new Uint8Array(chunks, index[name][2], index[name][3]) : undefined),
  require,
  url: pathToFileURL(process.execPath).href,
})

// Scripts ask for the version often, so it is printed without loading anything else, as in `bin/linksocks.js`.
const [, , word, ...others] = process.argv
if (others.length === 0 && ['--version', '-V', '-v', 'version'].includes(word))
  process.stdout.write(`${load('./version.js').versionLine()}\n`)
else void load('./main.js').main()
