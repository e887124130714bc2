// Shows the website while it is written: `pnpm docs:dev`. A change below docs/ or spec/ shows at once.
import { watch } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'vitepress'
import { docsFolder, repositoryRoot, siteFolder } from './places.mjs'
import { stage } from './stage.mjs'

/** Editors write a file in several steps; this many milliseconds after the last one it is whole. */
const settleMs = 100

stage()
const server = await createServer(siteFolder)
await server.listen()
server.printUrls()

let waiting
const stageSoon = () => {
  clearTimeout(waiting)
  waiting = setTimeout(stage, settleMs)
}
for (const folder of [docsFolder, join(repositoryRoot, 'spec')]) watch(folder, { recursive: true }, stageSoon)
