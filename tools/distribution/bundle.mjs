import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { repositoryRoot } from '../workspace.mjs'
import { requireInPlace } from './require-in-place.mjs'

/** Loaded by users who ask for a browser's fingerprint or for QUIC; native, large, and not part of the single file. */
const notBundled = ['@matrixai/quic', 'wreq-js', 'tls-impersonate', 'utf-8-validate']

/**
 * Joins the built command and all it imports into one CommonJS file, as single executables of Node need it.
 *
 * @param {string} outfile
 * @returns {Promise<import('esbuild').Metafile>} What went into it.
 */
export async function bundleCommand(outfile) {
  const { metafile } = await build({
    stdin: {
      contents: entry,
      resolveDir: join(repositoryRoot, 'apps/cli'),
    },
    outfile,
    bundle: true,
    minify: true,
    keepNames: true,
    legalComments: 'none',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: notBundled,
    // A CommonJS file knows its place by another name.
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl=require('node:url').pathToFileURL(__filename).href;" },
    metafile: true,
    plugins: [requireInPlace('all'), bufferutilFromAsset],
  })
  writeFileSync(outfile, escapeNonAscii(readFileSync(outfile, 'utf8')))
  return metafile
}

/**
 * With one character outside ASCII, V8 keeps the whole text in two bytes for each character: 5 MiB more. esbuild leaves
 * such characters in regular expressions.
 */
function escapeNonAscii(script) {
  return script.replaceAll(/[^\0-\u007F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Scripts ask for the version often, so nothing else is loaded for it, as in `bin/linksocks.js`. */
const entry = `
const [, , word, ...others] = process.argv
if (others.length === 0 && ['--version', '-V', '-v', 'version'].includes(word))
  void import('./dist/version.js').then(({ versionLine }) => process.stdout.write(versionLine() + '\\n'))
else void import('./dist/main.js').then(({ main }) => main())
`

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
 * Where the add-on of `bufferutil` for a platform lies. There is none for Linux on arm64: masking is done in
 * JavaScript.
 *
 * @param {string} platform `linux`, `darwin` or `win32`
 * @param {string} arch `x64` or `arm64`
 */
export function bufferutilPath(platform, arch) {
  const fromTransport = createRequire(join(repositoryRoot, 'packages/transport/package.json'))
  return join(dirname(fromTransport.resolve('bufferutil')), 'prebuilds', `${platform}-${arch}`, 'bufferutil.node')
}
