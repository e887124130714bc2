import { availableParallelism } from 'node:os'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

/** Resolves workspace packages to their sources, so tests never run against a stale build. */
const source = { conditions: ['@ls/source', 'node', 'development|production'] }

const cpus = availableParallelism()

/**
 * Test files that run at the same time. Most tests wait more than they compute, so there are two even on two
 * processors.
 */
const many = Math.max(Math.min(cpus, 2), cpus - 1)
const few = Math.max(1, Math.floor(cpus / 4))

const longest = ['tests/stress/cut/*.test.ts', 'tests/site/*.test.ts']
/** Tests that load the machine, or fail when they take too long. */
const loads = ['tests/stress/*.test.ts', 'tests/interop/cut.test.ts']
/** Takes half a minute, nearly all of it waiting. */
const lossyPath = 'tools/bench/path/lossy-cuts.test.mjs'

/** Time for a test that starts several programs, in milliseconds: on a busy machine each takes seconds. */
const programsMs = 60_000

const notTests = ['**/node_modules/**', '**/dist/**']

/** Groups run one after another; the files of a group run at the same time (docs/decisions/0095-tests-in-groups.md). */
const projects = [
  group(
    'fast',
    0,
    many,
    ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/**/*.test.mjs'],
    [lossyPath],
  ),
  // Projects of a group begin in the order of their names. The longest file begins first, or it would run alone at the
  // end.
  group('system-longest', 1, many, longest),
  group('system-others', 1, many, ['tests/**/*.test.ts', 'examples/**/*.test.ts', lossyPath], [...longest, ...loads]),
  group('load', 2, few, loads),
]

function group(
  name: string,
  groupOrder: number,
  maxWorkers: number,
  include: string[],
  others: string[] = [],
): TestProjectInlineConfiguration {
  const exclude = [...notTests, ...others]
  const limits = groupOrder === 0 ? {} : { testTimeout: programsMs, hookTimeout: programsMs }
  return { extends: true, test: { name, include, exclude, maxWorkers, sequence: { groupOrder }, ...limits } }
}

export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    projects,
    setupFiles: process.env['LS_RUNS'] === undefined ? [] : ['tools/fuzz/more-runs.mjs'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Vitest's own limit is 1 s.
    expect: { poll: { timeout: 15_000 } },
    // On a busy machine one test of thousands may fail by chance. CI runs it again and lists it at the end.
    retry: process.env['CI'] ? 1 : 0,
    // .ci/run reads its counts from the report.
    reporters: process.env['CI']
      ? ['default', ['json', { outputFile: '.cache/vitest.json' }], './tools/ci-reporter.mjs']
      : ['default'],
  },
})
