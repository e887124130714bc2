// What `./linksocks` and `pnpm linksocks` do: the command, from a clone of the repository.
import { runCommand } from './run-command.mjs'

await runCommand(process.argv.slice(2))
