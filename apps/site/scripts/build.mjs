// Makes the website: `pnpm docs:build` writes it to apps/site/dist.
import { build } from 'vitepress'
import { siteFolder } from './places.mjs'
import { stage } from './stage.mjs'

stage()
await build(siteFolder)
