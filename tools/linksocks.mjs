// Runs the command from a clone of the repository, for `./linksocks` and `pnpm linksocks`.
import { runCommand, userArguments } from './run-command.mjs'

await runCommand(userArguments(process.argv.slice(2), process.env))
