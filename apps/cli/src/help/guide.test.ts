import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { renderGuide } from './guide.js'

const page = fileURLToPath(new URL('../../../../docs/guide/cli.md', import.meta.url))
const start = /<!-- From apps\/cli\/src\/flags: .* -->\n/
const end = '<!-- end of the flags -->'

test('renderGuide is what docs/guide/cli.md shows', async () => {
  const text = readFileSync(page, 'utf8')
  const [before = '', rest = ''] = text.split(start)
  const marker = start.exec(text)?.[0] ?? ''
  const after = rest.slice(rest.indexOf(end))
  await expect(`${before}${marker}\n${renderGuide()}\n\n${after}`).toMatchFileSnapshot(page)
})

test('renderGuide explains no flags without effect: the page does so in a sentence', () => {
  expect(renderGuide()).not.toContain('--buffer-size')
})
