// Joins the relay, the packages it uses, and their dependencies into one module for workerd: dist/worker.mjs.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { requireInPlace } from '../../../tools/distribution/require-in-place.mjs'

await build({
  absWorkingDir: fileURLToPath(new URL('../', import.meta.url)),
  entryPoints: ['src/worker.ts'],
  outfile: 'dist/worker.mjs',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2023',
  mainFields: ['module', 'main'],
  minifyWhitespace: true,
  lineLimit: 160,
  logLevel: 'warning',
  external: ['node:*', 'cloudflare:*', 'bufferutil', 'utf-8-validate'],
  plugins: [requireInPlace('files')],
  // `ws` calls `require` for modules of Node, which an ES module does not have. Any absolute path serves as its place.
  banner: { js: `import{createRequire as requireFrom}from'node:module';const require=requireFrom('/worker');` },
  define: { 'import.meta.url': '"file:///worker"' },
})
