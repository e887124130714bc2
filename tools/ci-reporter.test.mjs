import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { repositoryRoot } from './workspace.mjs'

/** Within the repository, so that the tests in it find vitest. */
const folder = join(repositoryRoot, '.cache/ci-reporter')

const config = `
  import Reporter from ${JSON.stringify(join(repositoryRoot, 'tools/ci-reporter.mjs'))}
  export default { test: { retry: 1, reporters: [new Reporter({ folder: '.' })] } }`

const files = {
  'cases.test.mjs': `
    import { expect, test } from 'vitest'
    let tries = 0
    test('passes', () => {})
    test('passes in its second run', () => expect(++tries).toBe(2))
    test('fails', () => { throw new Error('first line\\nsecond line') })`,
  'unseen.test.mjs': `
    import { test } from 'vitest'
    test('rejects unseen', async () => {
      void Promise.reject(new TypeError('nobody waits'))
      await new Promise((resolve) => setImmediate(resolve))
    })`,
  'hook.test.mjs': `
    import { beforeAll, describe, test } from 'vitest'
    describe('suite', () => {
      beforeAll(() => { throw new Error('no port is free') })
      test('is skipped', () => {})
    })`,
  'broken.test.mjs': `throw new Error('cannot be loaded')`,
}

const lines = (file) => readFileSync(join(folder, file), 'utf8').trim().split('\n').toSorted()
const ending = `[Node ${process.versions.node}]`

function runVitest(tests, ...names) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const written = { ...tests, 'vitest.config.mjs': config }
  for (const [name, text] of Object.entries(written)) writeFileSync(join(folder, name), text)
  const vitest = join(repositoryRoot, 'node_modules/vitest/vitest.mjs')
  spawnSync(process.execPath, [vitest, 'run', ...names], { cwd: folder, env: { PATH: process.env.PATH } })
}

/** Time for a run of vitest on a busy machine, in milliseconds; an idle one takes 2 s. */
const timeout = 60_000

describe('CiReporter', { timeout }, () => {
  beforeAll(() => runVitest(files), timeout)

  test('names a test that passed only in its second run', () => {
    expect(lines('flaky-tests.txt')).toEqual([`cases.test.mjs: passes in its second run ${ending}`])
  })

  test('names each failed test, failed hook, and file that cannot be loaded, with its error', () => {
    expect(lines('failed-tests.txt')).toEqual([
      `broken.test.mjs: cannot be loaded ${ending}`,
      `cases.test.mjs: fails: first line second line ${ending}`,
      `hook.test.mjs: suite: no port is free ${ending}`,
    ])
  })

  test('names the file, the test, the kind and the place of an error outside of tests', () => {
    expect(lines('unhandled-errors.txt')).toEqual([
      `.cache/ci-reporter/unseen.test.mjs during "rejects unseen": Unhandled Rejection: nobody waits ` +
        `(at .cache/ci-reporter/unseen.test.mjs:4:27) ${ending}`,
    ])
  })

  test('names each file that failed to run again', () => {
    expect(lines('files-again.txt')).toEqual([
      '.cache/ci-reporter/broken.test.mjs',
      '.cache/ci-reporter/cases.test.mjs',
      '.cache/ci-reporter/hook.test.mjs',
      '.cache/ci-reporter/unseen.test.mjs',
    ])
  })

  test('names no file to run again where so many failed that it is not by chance', () => {
    const broken = [1, 2, 3, 4, 5].map((index) => [`broken-${index}.test.mjs`, files['broken.test.mjs']])
    runVitest(Object.fromEntries(broken))

    expect(existsSync(join(folder, 'files-again.txt'))).toBe(false)
  })

  test('names the file of an error outside of tests to run again where nothing else failed', () => {
    runVitest(files, 'unseen')

    expect(lines('files-again.txt')).toEqual(['.cache/ci-reporter/unseen.test.mjs'])
    expect(existsSync(join(folder, 'failed-tests.txt'))).toBe(false)
  })
})
