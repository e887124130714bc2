import { basename } from 'node:path'
import { build, type BuildOptions } from 'esbuild'

/** Returns one script for a page or a worker: `contents`, minified, with all its imports from `resolveDir` on. */
export async function pageScript(contents: string, resolveDir: string): Promise<string> {
  const { outputFiles } = await build({ ...minified(contents, resolveDir), format: 'iife', write: false })
  return outputFiles[0]?.text ?? ''
}

/** Returns all modules of a page: the text of each file by its name. The first one is `entry.js`. */
export async function pageModules(contents: string, resolveDir: string): Promise<Map<string, string>> {
  const how = { format: 'esm', splitting: true, outdir: 'out', entryNames: 'entry', write: false } as const
  const { outputFiles } = await build({ ...minified(contents, resolveDir), ...how })
  return new Map(outputFiles.map(({ path, text }) => [basename(path), text]))
}

/** Returns the modules that a page loads before it runs `contents`; others load with an `import()`. */
export async function firstModules(contents: string, resolveDir: string): Promise<string[]> {
  const how = { format: 'esm', splitting: true, outdir: 'out', metafile: true, write: false } as const
  const { outputFiles, metafile } = await build({ ...minified(contents, resolveDir), ...how })
  const [entry] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === '<stdin>') ?? []
  const paths = new Set(entry === undefined ? [] : [entry])
  for (const path of paths) {
    for (const { path: imported, kind } of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement') paths.add(imported)
    }
  }
  return outputFiles.filter(({ path }) => [...paths].some((each) => path.endsWith(each))).map(({ text }) => text)
}

function minified(contents: string, resolveDir: string): BuildOptions {
  return {
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    platform: 'browser',
    conditions: ['@ls/source'],
  }
}
