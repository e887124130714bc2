import { setTimeout } from 'node:timers/promises'
import type { ApiPlace } from '../../api/api-call.js'
import { apiPlaceOf } from '../../api/api-place.js'
import type { CommandContext } from '../../commands/context.js'
import { UsageError } from '../../errors.js'
import { exitCode, type ExitCode } from '../../exit-code.js'
import { messageOf } from '../../output/describe-error.js'
import type { Settings } from '../../settings.js'
import { askTop, type TopData } from './top-data.js'
import { plainLines } from './top-screen.js'
import { TopView } from './top-view.js'

/**
 * Shows the activity of a running server, until q; with `--once` prints it once.
 *
 * @param target URL of the server, or `unix:` and the path of its API socket.
 */
export async function runTop(
  target: string | undefined,
  settings: Settings<'top'>,
  { print, stop }: Pick<CommandContext, 'print' | 'stop'>,
): Promise<ExitCode> {
  const place = apiPlaceOf(settings, target)
  if (settings.once) {
    const columns = process.stdout.isTTY ? process.stdout.columns : pipeColumns
    for (const line of plainLines(await askTwice(place, stop), columns)) print(line)
    return exitCode.ok
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY) throw new UsageError('top needs a terminal; --once does not')
  const view = new TopView({ place, input: process.stdin, output: process.stdout })
  const failure = await view.run(stop)
  if (failure !== undefined) throw new Error(messageOf(failure), { cause: failure })
  return exitCode.ok
}

/** Sends two requests, since speeds are known from the second one on. */
async function askTwice(place: ApiPlace, stop: AbortSignal): Promise<TopData> {
  const query = { sort: 'rate', filter: '', limit: onceRows } as const
  await askTop(place, query)
  await setTimeout(lookMs, undefined, { signal: stop })
  return askTop(place, query)
}

/** Rows with `--once`: enough to see who uses most. */
const onceRows = 20

/** Columns without a terminal. */
const pipeColumns = 160

/** Time between the two requests, in milliseconds. */
const lookMs = 1000
