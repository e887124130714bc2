// What `pnpm start` does: builds the command and runs the demo.
import { runCommand } from './run-command.mjs'

await runCommand(['demo', ...process.argv.slice(2)])
