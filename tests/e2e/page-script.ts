import { build } from 'esbuild'

/** What a page or a worker loads as one script: `contents`, minified, with all that it imports from `resolveDir` on. */
export async function pageScript(contents: string, resolveDir: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    conditions: ['@ls/source'],
  })
  return outputFiles[0]?.text ?? ''
}
