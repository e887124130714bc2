import { defineConfig } from 'vitest/config'

/** Resolves workspace packages to their sources, so tests never run against a stale build. */
const source = { conditions: ['@ls/source', 'node', 'development|production'] }

export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'apps/*/src/**/*.test.ts',
      'tools/**/*.test.mjs',
      'tests/**/*.test.ts',
      'examples/**/*.test.ts',
    ],
    setupFiles: process.env['LS_RUNS'] === undefined ? [] : ['tools/fuzz/more-runs.mjs'],
    exclude: ['**/node_modules/**', '**/dist/**'],
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
