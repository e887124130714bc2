// Builds the website: `pnpm docs:build` writes it to apps/site/dist.
import { join } from 'node:path'
import { build } from 'vitepress'
import { writeApiReference } from './api-reference.mjs'
import { siteFolder } from './places.mjs'
import { stage } from './stage.mjs'

stage()
await build(siteFolder)
await writeApiReference(join(siteFolder, 'dist/api'))
