// Serves the website while its pages are edited: `pnpm docs:dev`. A change below docs/ or spec/ is visible immediately.
import { watch } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'vitepress'
import { docsFolder, repositoryRoot, siteFolder } from './places.mjs'
import { stage } from './stage.mjs'

/** Quiet time after a change, in milliseconds: editors write a file in several steps. */
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
