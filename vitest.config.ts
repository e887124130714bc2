import { defineConfig } from 'vitest/config'

/** Resolves workspace packages to their sources, so tests never run against a stale build. */
const source = { conditions: ['@ls/source', 'module', 'node', 'development|production'] }

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
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // The command has it everywhere, see apps/cli/src/garbage-collection.ts; Node from version 21 on.
    execArgv: 'transfer' in ArrayBuffer.prototype ? [] : ['--harmony-rab-gsab-transfer'],
    // .ci/run reads its counts from the report.
    reporters: process.env['CI'] ? ['default', ['json', { outputFile: '.cache/vitest.json' }]] : ['default'],
  },
})
