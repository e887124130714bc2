import type { EventEmitter } from 'node:events'
import { UsageError } from '../../errors.js'
import { messageOf } from '../describe-error.js'
import { LineOutput } from '../line-output.js'
import { LogFile } from './log-file.js'

interface LogFileSettings {
  readonly logFile?: string | undefined
  readonly accessLog?: string | undefined
}

/** Outputs of the log and the access log; undefined for the usual output, and for none. */
export interface LogFiles {
  readonly log: LogFile | undefined
  readonly access: LogFile | LineOutput | undefined
}

/**
 * Opens the files of `--log-file` and `--access-log`, and reopens them on SIGUSR1 and SIGHUP.
 *
 * @param onReopenFailed Called for each file that cannot be opened again.
 * @throws UsageError for one that cannot be opened
 */
export async function openLogFiles(
  settings: object,
  signals: Pick<EventEmitter, 'on'>,
  onReopenFailed: (text: string) => void,
): Promise<LogFiles> {
  const open = (flag: string, path: string): Promise<LogFile> => openFile(flag, path, onReopenFailed)
  const { logFile, accessLog }: LogFileSettings = settings
  const log = logFile === undefined ? undefined : await open('--log-file', logFile)
  const toOutput = accessLog === '-' ? new LineOutput(1) : undefined
  const access = toOutput ?? (accessLog === undefined ? undefined : await open('--access-log', accessLog))
  const files = [log, access].filter((file) => file instanceof LogFile)
  if (files.length > 0 && process.platform !== 'win32') {
    for (const signal of ['SIGUSR1', 'SIGHUP']) signals.on(signal, () => files.forEach((file) => file.reopen()))
  }
  return { log, access }
}

async function openFile(flag: string, path: string, onReopenFailed: (text: string) => void): Promise<LogFile> {
  try {
    return await LogFile.open(path, onReopenFailed)
  } catch (error) {
    throw new UsageError(`${flag} cannot be opened: ${messageOf(error)}`, { cause: error })
  }
}
