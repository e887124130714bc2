// Writes V8's code cache beside each chunk in a folder: `node make-code-caches.mjs FOLDER`, with the Node of the
// executable. Chunks run first, so that their cache contains the functions that run while they load.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { flagsAtStart } from '../../apps/cli/dist/tune-engine.js'
import { chunkLoader } from './chunks.mjs'
import { entryFlags } from './entry-flags.mjs'

const folder = process.argv[2]
const scripts = new Map()
const load = chunkLoader({
  read: (name) => readFileSync(join(folder, name), 'utf8'),
  require: createRequire(import.meta.url),
  url: import.meta.url,
  onCompiled: (name, script) => scripts.set(name, script),
})

function writeCaches() {
  for (const [name, script] of scripts) writeFileSync(join(folder, `${name}.cache`), script.createCachedData())
  scripts.clear()
}

// V8 refuses a cache that was made with other flags.
for (const flag of entryFlags) setFlagsFromString(flag)
const names = readdirSync(folder)
for (const entry of ['main.js', 'version.js']) load(`./${entry}`)
writeCaches()
// The command sets these before it loads the rest.
for (const flag of flagsAtStart) setFlagsFromString(flag)
for (const name of names) {
  try {
    load(`./${name}`)
  } catch {
    // The chunk needs an optional native package, which is not installed here.
  }
}
writeCaches()
process.exit()
