import { availableParallelism } from 'node:os'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

/** Resolves workspace packages to their sources, so tests never run against a stale build. */
const source = { conditions: ['@ls/source', 'node', 'development|production'] }

const cpus = availableParallelism()

/** Files side by side. Most tests wait more than they compute, so there are two also where there are two processors. */
const many = Math.max(Math.min(cpus, 2), cpus - 1)
const few = Math.max(1, Math.floor(cpus / 4))

const longest = ['tests/stress/cut/*.test.ts', 'tests/site/*.test.ts']
/** They load the machine, or have an upper limit of time. */
const loads = ['tests/stress/*.test.ts', 'tests/interop/cut.test.ts']
/** It takes half a minute, in which it waits. */
const lossyPath = 'tools/bench/path/lossy-cuts.test.mjs'
const notTests = ['**/node_modules/**', '**/dist/**']

/** Groups run one after another, the files of a group side by side (docs/decisions/0095-tests-in-groups.md). */
const projects = [
  group(
    'fast',
    0,
    many,
    ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/**/*.test.mjs'],
    [lossyPath],
  ),
  // Projects of a group begin in the order of their names: else the longest file would run alone at the end.
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
  return { extends: true, test: { name, include, exclude, maxWorkers, sequence: { groupOrder } } }
}

export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    projects,
    setupFiles: process.env['LS_RUNS'] === undefined ? [] : ['tools/fuzz/more-runs.mjs'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // One test of thousands that meets a busy machine must not hide what the others say. It is named at the end of CI.
    retry: process.env['CI'] ? 1 : 0,
    // .ci/run reads its counts from the report.
    reporters: process.env['CI']
      ? ['default', ['json', { outputFile: '.cache/vitest.json' }], './tools/flaky-reporter.mjs']
      : ['default'],
  },
})
