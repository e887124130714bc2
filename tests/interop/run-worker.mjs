// Runs a bundled Worker in workerd, once: node run-worker.mjs MINIFLARE FILE ARGUMENT...
// The Worker gets the arguments as the JSON body of a request; its response is a list of lines, which are printed.
import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'

const [miniflare, file, ...parameters] = process.argv.slice(2)
const { Miniflare } = await import(pathToFileURL(miniflare).href)
const script = await readFile(file, 'utf8')
const worker = new Miniflare({ modules: true, script, compatibilityDate: '2026-04-01' })
const response = await worker.dispatchFetch('http://worker.example/', {
  method: 'POST',
  body: JSON.stringify(parameters),
})
console.log((await response.json()).join('\n'))
await worker.dispose()
