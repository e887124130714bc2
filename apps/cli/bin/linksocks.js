#!/usr/bin/env node
// Plain enough for any Node with modules, so that an old one can print that it is too old.
import { existsSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'

// Node's loader becomes hot enough to be compiled, by compilers whose pages then stay in memory; and the young
// generation would grow, and be collected by several threads. `src/tune-engine.ts` takes all of it back when the
// program has started.
const flagsAtStart = [
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--no-regexp-optimization',
  '--semi-space-growth-factor=1',
  '--no-parallel-scavenge',
]
for (const flag of flagsAtStart) setFlagsFromString(flag)

const needed = [20, 19]
const [major, minor] = process.versions.node.split('.').map(Number)
const main = new URL('../dist/bundle/main.js', import.meta.url)

if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  fail(`needs Node ${needed.join('.')} or newer, this is ${process.versions.node}`)
} else if (!existsSync(main)) {
  fail('is not built yet; in its repository, run: pnpm build')
} else if (process.argv.length === 3 && ['--version', '-V', '-v', 'version'].includes(process.argv[2])) {
  // Scripts call it often, so nothing else is loaded.
  process.stdout.on('error', outputFailed)
  void import('../dist/bundle/version.js').then(({ versionLine }) => process.stdout.write(`${versionLine()}\n`))
} else {
  void import('../dist/bundle/main.js').then(({ main }) => main())
}

/** A reader that has gone, as of `head -0`, is no failure; a full disk is one. */
function outputFailed({ code }) {
  if (code !== 'EPIPE') fail(`cannot write the version: ${code}`)
}

function fail(reason) {
  process.stderr.write(`linksocks ${reason}\n`)
  process.exitCode = 1
}
