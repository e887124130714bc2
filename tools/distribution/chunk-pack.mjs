import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** V8 copies a code cache that begins elsewhere. */
const alignment = 8

/** Characters of the mark. */
const markLength = 64

/** What is built of the modules that a server or client loads by the time it is ready. */
const loadedEarly = [
  'apps/cli/dist/version.js',
  'apps/cli/dist/main.js',
  'apps/cli/dist/output/log/human-log.js',
  'apps/cli/dist/restart/restart.js',
  'apps/cli/dist/restart/predecessor.js',
  'apps/cli/dist/restart/activation.js',
  'packages/relay/dist/index.js',
  'apps/cli/dist/commands/server.js',
  'apps/cli/dist/commands/client.js',
]

/**
 * Names of the chunks: first those that a server or client needs, each behind those that load it.
 *
 * @param {import('esbuild').Metafile} metafile
 * @returns {string[]}
 * @throws When there is no chunk for a module that is loaded early.
 */
export function chunkOrder({ outputs }) {
  const paths = Object.keys(outputs)
  const ordered = new Set()
  const add = (path) => {
    if (ordered.has(path)) return
    ordered.add(path)
    for (const { path: next, kind } of outputs[path].imports)
      if (kind === 'import-statement' && next in outputs) add(next)
  }
  for (const entryPoint of loadedEarly) {
    const path = paths.find((each) => outputs[each].entryPoint === entryPoint)
    if (path === undefined) throw new Error(`${entryPoint} is no entry of a chunk any more`)
    add(path)
  }
  for (const path of paths) ordered.add(path)
  return [...ordered].map((path) => path.split('/').at(-1))
}

/**
 * Joins chunks and their code caches into one asset. What is loaded together lies together: Linux maps 64 KiB around
 * each place that is read, so scattered chunks cost twice the memory.
 *
 * @param {string} folder Where the chunks lie, `NAME.cache` beside each.
 * @param {readonly string[]} names In the order they have to have.
 * @param {boolean} withCaches
 * @returns {{ bytes: Buffer; index: { mark: string; places: Record<string, number[]> } }} `mark` is how the bytes
 *   begin; only these do. `places` has, for each name, offset and length of its text, and of its code cache if there is
 *   one; all in bytes.
 */
export function packChunks(folder, names, withCaches) {
  const parts = []
  const places = {}
  let length = markLength
  const add = (bytes) => {
    const place = [length, bytes.length]
    const padding = Buffer.alloc(-bytes.length & (alignment - 1))
    parts.push(bytes, padding)
    length += bytes.length + padding.length
    return place
  }
  for (const name of names) {
    places[name] = add(readFileSync(join(folder, name)))
    const cache = withCaches ? readIfThere(join(folder, `${name}.cache`)) : undefined
    if (cache !== undefined) places[name].push(...add(cache))
  }
  const content = Buffer.concat(parts)
  const mark = createHash('sha256').update(content).digest('hex')
  return { bytes: Buffer.concat([Buffer.from(mark), content]), index: { mark, places } }
}

/** A chunk that needs an optional package has no cache. */
function readIfThere(path) {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
