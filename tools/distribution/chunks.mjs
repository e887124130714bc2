import { Script } from 'node:vm'

/**
 * Makes the `require` of the chunks that `bundle.mjs` makes.
 *
 * @param {{
 *   read: (name: string) => string
 *   readCache?: (name: string) => Uint8Array | undefined
 *   require: (name: string) => unknown
 *   url: string
 *   onCompiled?: (name: string, script: Script) => void
 * }} source
 *   `read` returns the text of a chunk, and `readCache` V8's code cache for it. `require` loads everything else.
 *   `url` is the place of the program.
 * @returns {(path: string) => any}
 */
export function chunkLoader({ read, readCache, require, url, onCompiled }) {
  const loaded = new Map()
  return function load(path) {
    if (!path.startsWith('./')) return require(path)
    const known = loaded.get(path)
    if (known !== undefined) return known.exports
    const name = path.slice(2)
    const script = new Script(read(name), { filename: `linksocks:${name}`, cachedData: readCache?.(name) })
    onCompiled?.(name, script)
    const chunk = { exports: {} }
    loaded.set(path, chunk)
    script.runInThisContext()(chunk.exports, load, chunk, url)
    return chunk.exports
  }
}

/** Converts a CommonJS module to the text of a chunk for {@link chunkLoader}. */
export function asChunk(commonJs) {
  return `(function(exports,require,module,bundleUrl){${commonJs}\n})`
}
