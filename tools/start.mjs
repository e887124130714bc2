// Runs `pnpm start`: builds the command and starts the demo.
import { runCommand } from './run-command.mjs'

await runCommand(['demo', ...process.argv.slice(2)])
