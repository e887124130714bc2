import { execFile } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const run = promisify(execFile)

/** An example fits on one screen. */
const maxLines = 40

/** Time after which an example counts as hanging, in milliseconds: three times what it may take, for a busy machine. */
const timeoutMs = 60_000

const folder = import.meta.dirname
const examples = readdirSync(folder).filter((file) => file.endsWith('.mjs'))

test('examples exist', () => {
  expect(examples).not.toEqual([])
})

describe.each(examples)('%s', (file) => {
  test(`has at most ${maxLines} lines`, () => {
    const text = readFileSync(join(folder, file), 'utf8')
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(maxLines)
  })

  test('runs to its end against the built packages', { timeout: timeoutMs + 5_000 }, async () => {
    await expect(run(process.execPath, [join(folder, file)], { timeout: timeoutMs })).resolves.toBeDefined()
  })
})
