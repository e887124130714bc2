import { finished } from 'node:stream/promises'
import { LinkSocksClient } from '@ls/client'
import { readHostPort, type CheckedTarget } from '@ls/relay'
import { clientDefaults } from '../arguments/command-line.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { asUsage } from '../options/check-settings.js'
import { checkClient } from '../options/client-checks.js'
import { clientOptions, withoutPorts } from '../options/client-options.js'
import { endOutput } from '../output/end-output.js'
import type { Settings } from '../settings.js'
import { explainFailure, startClient } from './client.js'
import type { CommandContext } from './context.js'
import { openDisguise } from './disguise.js'

export type ConnectSettings = Settings<'connect'>

/**
 * Joins standard input and output with a target until both directions have ended. A lost link is dialled again. Pipes
 * have no reset: only the exit code distinguishes partial output from complete output.
 */
export async function runConnect(text: string, given: ConnectSettings, context: CommandContext): Promise<ExitCode> {
  const target = asUsage('', () => readHostPort(text))
  const settings = { ...clientDefaults(), ...given }
  checkClient(settings)
  const { logger, stop } = context
  // Standard output belongs to the connection.
  const print = (line: string): void => logger.info({}, line)
  const disguise = await openDisguise(settings, { logger, print }, { onReady: () => client.retryNow() })
  const options = { ...withoutPorts(clientOptions(settings)), ...disguise.options, logger }
  const client: LinkSocksClient = asUsage('', () => new LinkSocksClient(options))
  try {
    await startClient(client, stop)
    context.service.ready()
    await join(client, target, stop)
    return exitCode.ok
  } catch (error) {
    if (stop.aborted) return exitCode.failure
    throw explainFailure(error, settings)
  } finally {
    await client.close({ graceMs: flushMs })
    await disguise.close()
    process.stdin.destroy()
  }
}

async function join(client: LinkSocksClient, target: CheckedTarget, stop: AbortSignal): Promise<void> {
  const stream = await client.connect(target, { signal: stop })
  const cut = (): void => void stream.destroy(new Error('stopped before both directions had ended'))
  stop.addEventListener('abort', cut, { once: true })
  // The reader of the output is gone, so further bytes have no receiver.
  process.stdout.once('error', cut)
  process.stdin.pipe(stream)
  stream.pipe(process.stdout)
  stream.once('end', endOutput)
  await finished(stream)
}

/** Time for the last bytes to leave after both directions have ended, in milliseconds. */
const flushMs = 2000
