// Packs the page that apps/dashboard has built into one JSON file beside the code: bundlers and single executables
// include it like any other module.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { constants, gzipSync } from 'node:zlib'

const page = new URL('dist/', import.meta.resolve('@ls/dashboard-page/package.json'))

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Most bytes of the page, compressed: a phone on a slow line loads them in a second or two. */
const maxGzipBytes = 150_000

const files = Object.fromEntries(readdirSync(fileURLToPath(page)).toSorted().map(packed))
const size = Object.values(files).reduce((sum, { gzip }) => sum + Buffer.from(gzip, 'base64').length, 0)
if (size > maxGzipBytes) throw new Error(`the dashboard takes ${size} bytes by gzip; the limit is ${maxGzipBytes}`)
writeFileSync(new URL('../dist/files.json', import.meta.url), `${JSON.stringify(files)}\n`)

function packed(name) {
  const type = types[extname(name)]
  if (type === undefined) throw new Error(`no type is known for ${name}`)
  const content = readFileSync(new URL(name, page))
  const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`
  const gzip = gzipSync(content, { level: constants.Z_BEST_COMPRESSION }).toString('base64')
  return [name, { type, etag, gzip }]
}
