import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Parts of Node that drivers use, as packages for pages. */
const replacements = { buffer: 'buffer/', events: 'events/' }

/** Modules that drivers import but never use in a page. */
const unused = ['cloudflare:sockets', 'crypto', 'fs', 'net', 'node-rsa', 'os', 'path', 'stream']

/**
 * All files of an example's page, by their paths.
 *
 * @param {URL} folder
 * @returns {Promise<Map<string, readonly [type: string, content: string]>>}
 */
export async function bundleExample(folder) {
  const { outputFiles } = await build({
    entryPoints: ['page.js', 'worker.js'].map((name) => fileURLToPath(new URL(name, folder))).filter(existsSync),
    outdir: '/',
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd', 'module'],
    define: { global: 'globalThis' },
    plugins: [{ name: 'node-modules', setup: replaceNodeModules }],
    logLevel: 'warning',
  })
  const files = outputFiles.map(({ path, text }) => [
    path,
    [path.endsWith('.css') ? 'text/css' : 'text/javascript', text],
  ])
  return new Map([['/', ['text/html', await pageOf(folder)]], .../** @type {any} */ (files)])
}

/** The layout with the content of an example, whose heading is the title. @param {URL} folder */
async function pageOf(folder) {
  const layout = await readFile(new URL('layout.html', import.meta.url), 'utf8')
  const content = await readFile(new URL('page.html', folder), 'utf8')
  const title = /<h1>(.*)<\/h1>/.exec(content)?.[1] ?? ''
  return layout.replace('TITLE', () => title).replace('CONTENT', () => content)
}

/** @param {import('esbuild').PluginBuild} build */
function replaceNodeModules({ onResolve, onLoad, resolve }) {
  onResolve({ filter: new RegExp(`^(node:)?(${unused.join('|')})$`) }, ({ path }) => ({ path, namespace: 'unused' }))
  // Everything that they export is a class here, since a driver extends some of them while it loads.
  const contents = 'module.exports = new Proxy({}, { get: () => class {} })'
  onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents }))
  onResolve({ filter: new RegExp(`^(node:)?(${Object.keys(replacements).join('|')})$`) }, ({ path, kind }) => {
    const name = /** @type {keyof typeof replacements} */ (path.replace('node:', ''))
    return resolve(replacements[name], { kind, resolveDir: import.meta.dirname })
  })
}
