// What `./linksocks` and `pnpm linksocks` do: the command, from a clone of the repository.
import { runCommand, scriptArguments } from './run-command.mjs'

await runCommand(scriptArguments(process.argv))
