// Runs `pnpm start`: builds the command and starts the demo.
import { runCommand, userArguments } from './run-command.mjs'

await runCommand(['demo', ...userArguments(process.argv.slice(2), process.env)])
