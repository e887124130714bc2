// Runs the command from a clone of the repository, for `./linksocks` and `pnpm linksocks`.
import { runCommand } from './run-command.mjs'

await runCommand(process.argv.slice(2))
