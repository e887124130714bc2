// A vitest reporter: writes what fails or nearly fails a run to files in .cache, one line each, which `.ci/run` prints
// at its end. Vitest's own output has the same, but CI may keep only the end of that, and the report in JSON omits
// errors outside of tests. Where only few files failed, `.ci/tests-twice` runs those in files-again.txt again.
import { appendFileSync, mkdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { repositoryRoot } from './workspace.mjs'

/** Most lines of an error's message that are written, and most characters of them. */
const maxMessageLines = 3
const maxMessageLength = 400

/** Most files that run again: more do not fail by chance. */
const maxFilesAgain = 4

export default class CiReporter {
  #folder

  /** @param {{ folder?: string }} options Folder for the files. */
  constructor({ folder = join(repositoryRoot, '.cache') } = {}) {
    this.#folder = folder
  }

  /** Such a test has a defect, even though CI continues. */
  onTestCaseResult(testCase) {
    if (testCase.diagnostic()?.flaky) this.#note('flaky-tests.txt', nameOf(testCase))
  }

  onTestRunEnd(modules, unhandledErrors) {
    for (const module of modules) {
      for (const error of module.errors()) this.#note('failed-tests.txt', `${module.relativeModuleId}: ${shown(error)}`)
      for (const suite of module.children.allSuites()) {
        for (const error of suite.errors()) this.#note('failed-tests.txt', `${nameOf(suite)}: ${shown(error)}`)
      }
      for (const testCase of module.children.allTests('failed')) {
        this.#note('failed-tests.txt', `${nameOf(testCase)}: ${shown(testCase.result().errors?.[0])}`)
      }
    }
    for (const error of unhandledErrors) this.#note('unhandled-errors.txt', describeUnhandled(error))
    const files = new Set(unhandledErrors.map((error) => error.VITEST_TEST_PATH))
    // An error of no file, such as the end of a worker, needs the whole run again.
    if (files.has(undefined)) return
    for (const module of modules) if (module.state() === 'failed') files.add(module.moduleId)
    if (files.size > maxFilesAgain) return
    for (const file of files) this.#append('files-again.txt', relative(repositoryRoot, file))
  }

  /** The same tests run on several versions of Node. */
  #note(file, text) {
    this.#append(file, `${text} [Node ${process.versions.node}]`)
  }

  #append(file, line) {
    mkdirSync(this.#folder, { recursive: true })
    appendFileSync(join(this.#folder, file), `${line}\n`)
  }
}

function nameOf(testCase) {
  return `${testCase.module.relativeModuleId}: ${testCase.fullName}`
}

function shown(error) {
  const lines = (error?.message ?? '').split('\n').slice(0, maxMessageLines)
  return lines.join(' ').slice(0, maxMessageLength)
}

/** The test is the one that ran at that time: an earlier one of the file may have caused the error. */
function describeUnhandled(error) {
  const file = error.VITEST_TEST_PATH?.replace(`${repositoryRoot}/`, '') ?? 'unknown file'
  const during = error.VITEST_TEST_NAME === undefined ? '' : ` during "${error.VITEST_TEST_NAME}"`
  const place = placeOf(error.stack ?? '')
  return `${file}${during}: ${error.type}: ${shown(error)}${place === undefined ? '' : ` (at ${place})`}`
}

/** Returns the innermost place of a stack that is in a file of this repository. */
function placeOf(stack) {
  const frames = stack.split('\n').filter((line) => line.includes(`${repositoryRoot}/`))
  const own = frames.find((line) => !line.includes('node_modules'))
  return own?.slice(own.indexOf(`${repositoryRoot}/`) + repositoryRoot.length + 1).replace(/\)$/, '')
}
