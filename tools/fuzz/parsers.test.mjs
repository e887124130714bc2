import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryRoot } from '../workspace.mjs'
import { parserTests } from './parsers.mjs'

test.each(parserTests)('%s holds a property', (path) => {
  const file = join(repositoryRoot, path)
  expect(existsSync(file) && readFileSync(file, 'utf8')).toContain('fc.assert(')
})
