// A vitest reporter: writes the names of tests that failed and then passed in a second run to .cache/flaky-tests.txt.
// `.ci/run` prints them at its end: such a test has a defect, even though CI continues.
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from './workspace.mjs'

export default class FlakyReporter {
  onTestCaseResult(testCase) {
    if (!testCase.diagnostic()?.flaky) return
    const folder = join(repositoryRoot, '.cache')
    mkdirSync(folder, { recursive: true })
    const file = testCase.module.relativeModuleId
    appendFileSync(join(folder, 'flaky-tests.txt'), `${file}: ${testCase.fullName}\n`)
  }
}
