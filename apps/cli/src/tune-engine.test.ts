import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { flagsFor } from './tune-engine.js'

test('flagsFor the V8 of this Node gives flags it knows', () => {
  const script = `for (const flag of ${JSON.stringify(flagsFor(process.versions.v8))}) v8.setFlagsFromString(flag)`
  expect(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stderr).toBe('')
})

test('flagsFor does not change the compiler of a newer V8', () => {
  expect(flagsFor('12.4.254.21-node.33')).not.toContain('--interrupt-budget=10000')
})
