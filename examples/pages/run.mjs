// Tries one of the pages: `pnpm example NAME [--port N]`.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { exampleNames, ExampleSite } from './site/example-site.mjs'

const { values, positionals } = parseArgs({
  options: { port: { type: 'string', default: '8080' } },
  allowPositionals: true,
})
const [name = ''] = positionals
const port = Number(values.port)
if (!exampleNames.includes(name)) fail(`'${name}' is no example; there are: ${exampleNames.join(', ')}`)
if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`--port is ${values.port}; it must be 0 to 65535`)

const site = await ExampleSite.start({ name, port })
console.info(`${name}: ${site.url}\nCtrl-C ends it.`)
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
await site.close()

/** @param {string} text @returns {never} */
function fail(text) {
  console.error(text)
  process.exit(2)
}
