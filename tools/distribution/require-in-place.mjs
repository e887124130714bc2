import { readFileSync } from 'node:fs'

/**
 * `createRequire(import.meta.url)('../file.json')` finds a file beside a module. A bundle has no such files, so they
 * become part of it.
 *
 * @param {'files' | 'all'} what Packages that are required so are still looked up beside the bundle, unless it is
 * `all`.
 * @returns {import('esbuild').Plugin}
 */
export function requireInPlace(what) {
  const call = what === 'all' ? 'createRequire(import.meta.url)(' : "createRequire(import.meta.url)('."
  return {
    name: 'require-in-place',
    setup({ onLoad }) {
      onLoad({ filter: /[/\\]dist[/\\].*\.js$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8')
        if (!source.includes(call)) return undefined
        return {
          contents: source.replaceAll(call, call.replace('createRequire(import.meta.url)', 'require')),
          loader: 'js',
        }
      })
    },
  }
}
