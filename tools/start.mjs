// What `pnpm start` does: builds the command and runs the demo.
import { runCommand, scriptArguments } from './run-command.mjs'

await runCommand(['demo', ...scriptArguments(process.argv)])
