import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { build, transform } from 'esbuild'
import { repositoryRoot } from '../workspace.mjs'
import { asChunk } from './chunks.mjs'
import { requireInPlace } from './require-in-place.mjs'

/**
 * Packages for a browser's fingerprint and for QUIC. They are native and large, and load only when a user asks for
 * them, so they are not in the single file.
 */
const notBundled = ['@matrixai/quic', 'wreq-js', 'tls-impersonate', 'utf-8-validate']

/**
 * Joins the built command and all it imports into chunks, so that V8 reads only what a command uses. `main.js` and
 * `version.js` are the entries.
 *
 * @returns {Promise<{ chunks: Map<string, string>; metafile: import('esbuild').Metafile }>} Texts by file name, and
 * esbuild's report of their sources.
 */
export async function bundleCommand() {
  const { metafile, outputFiles } = await build({
    absWorkingDir: repositoryRoot,
    entryPoints: ['main.js', 'version.js'].map((name) => join(repositoryRoot, 'apps/cli/dist', name)),
    outdir: 'dist/work/chunks',
    write: false,
    bundle: true,
    splitting: true,
    minifySyntax: true,
    // Names stay, for stack traces. With short ones and `keepNames`, V8 has a table of properties for each function.
    minifyWhitespace: true,
    legalComments: 'none',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: notBundled,
    // A chunk has no file of its own.
    define: { 'import.meta.url': 'bundleUrl' },
    metafile: true,
    plugins: [requireInPlace('all'), bufferutilFromAsset],
  })
  const chunks = await Promise.all(
    outputFiles.map(async ({ path, text }) => [basename(path), asChunk(await commonJs(text))]),
  )
  return { chunks: new Map(chunks), metafile }
}

/** Converts an ES module to a script: esbuild splits only ES modules, and V8 has a code cache only for scripts. */
async function commonJs(module) {
  const { code } = await transform(module, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
  })
  return escapeNonAscii(code)
}

/** Bundles the first script of the executable. */
export async function bundleFirstScript() {
  const { outputFiles } = await build({
    entryPoints: [join(repositoryRoot, 'tools/distribution/main-in-executable.mjs')],
    write: false,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  })
  return outputFiles[0].text
}

/**
 * Escapes characters outside ASCII: with a single one, V8 stores the whole text with two bytes for each character.
 * esbuild leaves such characters in regular expressions.
 */
function escapeNonAscii(script) {
  return script.replaceAll(/[^\0-\u007F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A native add-on cannot be loaded from inside the executable: it is written to a file first. */
const bufferutilFromAsset = {
  name: 'bufferutil-from-asset',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^bufferutil$/ }, () => ({ path: 'bufferutil', namespace: 'asset' }))
    onLoad({ filter: /.*/, namespace: 'asset' }, () => ({
      contents: readFileSync(new URL('bufferutil-asset.mjs', import.meta.url), 'utf8'),
      loader: 'js',
    }))
  },
}

/**
 * Returns the path of the add-on of `bufferutil` for a platform. There is none for Linux on arm64: masking is done in
 * JavaScript.
 *
 * @param {string} platform `linux`, `darwin` or `win32`
 * @param {string} arch `x64` or `arm64`
 */
export function bufferutilPath(platform, arch) {
  const fromTransport = createRequire(join(repositoryRoot, 'packages/transport/package.json'))
  return join(dirname(fromTransport.resolve('bufferutil')), 'prebuilds', `${platform}-${arch}`, 'bufferutil.node')
}
