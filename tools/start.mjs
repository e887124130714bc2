// What `pnpm start` does: builds the command and runs the demo, in this very process, so that Ctrl-C reaches it alone and
// its exit code is ours. A shell in between would be ended by the signal, and reported as a failure.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const build = ['run', 'build', '--filter=linksocks...', '--log-order=stream', '--output-logs=errors-only']

const { status } = spawnSync(process.execPath, [path('turbo.mjs'), ...build], { stdio: 'inherit' })
if (status === 0) {
  const command = path('../apps/cli/bin/linksocks.js')
  process.argv.splice(1, Infinity, command, 'demo', ...process.argv.slice(2))
  await import('../apps/cli/bin/linksocks.js')
} else {
  process.exitCode = 1
}
