// First script of the executable: runs the command from its chunks, which are assets.
import { getAsset, getRawAsset } from 'node:sea'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { openChunks } from './chunk-file.mjs'
import { startIn } from './chunk-start.mjs'
import { chunkLoader } from './chunks.mjs'
import { entryFlags } from './entry-flags.mjs'

for (const flag of entryFlags) setFlagsFromString(flag)

const load = chunkLoader({
  ...openChunks({
    index: JSON.parse(getAsset('index', 'utf8')),
    start: startIn(getAsset('start', 'utf8')),
    mapped: () => getRawAsset('chunks'),
  }),
  require,
  url: pathToFileURL(process.execPath).href,
})

// Scripts ask for the version often, so it is printed without loading anything else, as in `bin/linksocks.js`.
const [, , word, ...others] = process.argv
if (others.length === 0 && ['--version', '-V', '-v', 'version'].includes(word)) {
  process.stdout.on('error', outputFailed)
  process.stdout.write(`${load('./version.js').versionLine()}\n`)
} else void load('./main.js').main()

function outputFailed({ code }) {
  if (code === 'EPIPE') return
  process.stderr.write(`linksocks cannot write the version: ${code}\n`)
  process.exitCode = 1
}
