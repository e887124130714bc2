// A vitest reporter: writes the names of tests that failed and then passed in a second run to .cache/flaky-tests.txt,
// and the files of errors outside of a test to .cache/unhandled-errors.txt where no test failed. `.ci/run` runs these
// files again, and prints both lists at its end: such a test has a defect, even though CI continues.
import { appendFileSync, mkdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { repositoryRoot } from './workspace.mjs'

export default class FlakyReporter {
  onTestCaseResult(testCase) {
    if (testCase.diagnostic()?.flaky)
      note('flaky-tests.txt', `${testCase.module.relativeModuleId}: ${testCase.fullName}`)
  }

  onTestRunEnd(modules, errors) {
    const paths = new Set(errors.map((error) => error.VITEST_TEST_PATH))
    // An error of no file, such as the end of a worker, needs the whole run again.
    if (paths.has(undefined) || modules.some((module) => module.state() === 'failed')) return
    for (const path of paths) note('unhandled-errors.txt', relative(repositoryRoot, path))
  }
}

function note(file, line) {
  const folder = join(repositoryRoot, '.cache')
  mkdirSync(folder, { recursive: true })
  appendFileSync(join(folder, file), `${line}\n`)
}
