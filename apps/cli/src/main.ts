import { basename, delimiter, dirname, relative } from 'node:path'
import { isatty } from 'node:tty'
import type { Logger } from '@ls/foundation'
import { parseCommandLine, type CompletionRequest, type HelpRequest, type Run } from './arguments/command-line.js'
import type { ConfigRequest } from './arguments/config-command.js'
import { findCommand } from './command-table.js'
import type { CommandContext } from './commands/context.js'
import { UsageError } from './errors.js'
import { exitCode, type ExitCode } from './exit-code.js'
import { Draining } from './life/draining.js'
import { ServiceManager } from './life/service-manager.js'
import { listenForStop } from './life/stop-signals.js'
import { messageOf } from './output/describe-error.js'
import { escapeControlsInLines } from './output/escape-controls.js'
import { LineOutput } from './output/line-output.js'
import { openLog } from './output/log/open-log.js'
import { printedLine } from './output/printed-line.js'
import { Redactor } from './output/redactor.js'
import type { Restart } from './restart/restart.js'
import { runCommand, type RunWithFile } from './run-command.js'
import { engineStarted, tuneEngine } from './tune-engine.js'
import { versionLine } from './version.js'
import { checkPlatform } from './workers/check-workers.js'
import { workerCount } from './workers/worker-count.js'
import { Worker } from './workers/worker.js'

/** Runs the program and sets its exit code; resolves when there is nothing left to do. */
export async function main(): Promise<void> {
  surviveFailingOutput()
  const code = await answer()
  await outputWritten()
  process.exitCode ??= code
  // The channel of a worker to its parent would keep it running.
  process.channel?.unref()
  // Everything is closed, so the process ends by itself; if something was left open, it must not keep the process
  // running.
  setTimeout(() => process.exit(), lingerMs).unref()
}

/** Time in which what is still open may close by itself, in milliseconds. */
const lingerMs = 1000

/** Resolves once a slow reader, such as a pager, has taken all output, or has gone. */
async function outputWritten(): Promise<void> {
  const { stdout } = process
  if (stdout.writableLength === 0 || stdout.writableEnded) return
  await new Promise<void>((resolve) => void stdout.write('', () => resolve()))
}

async function answer(): Promise<ExitCode> {
  const redactor = new Redactor()
  try {
    const invocation = parseCommandLine(process.argv.slice(2), process.env)
    if (invocation.kind === 'help') return await help(invocation)
    if (invocation.kind === 'run') return await run(invocation, redactor)
    if (invocation.kind === 'config') return await config(invocation, redactor)
    if (invocation.kind === 'completion') return await completion(invocation)
    process.stdout.write(`${versionLine()}\n`)
    return exitCode.ok
  } catch (error) {
    // The message of a mistake in the file begins with its place, so that editors can find it.
    const isConfigError = error instanceof UsageError && error.places !== undefined
    process.stderr.write(
      `${isConfigError ? '' : 'linksocks: '}${escapeControlsInLines(redactor.clean(messageOf(error)))}\n`,
    )
    if (!(error instanceof UsageError)) return exitCode.failure
    if (isConfigError) return exitCode.usage
    const named = findCommand(process.argv[2] ?? '')?.name
    // The help of help explains no other command.
    const command = named === 'help' ? undefined : named
    process.stderr.write(`'${[programName(), command, '--help'].filter(Boolean).join(' ')}' explains more.\n`)
    return exitCode.usage
  }
}

async function help(request: HelpRequest): Promise<ExitCode> {
  const output = request.asked ? process.stdout : process.stderr
  output.write(await helpText(request, output.columns ?? defaultColumns))
  return request.asked ? exitCode.ok : exitCode.usage
}

async function helpText({ command, scope }: HelpRequest, columns: number): Promise<string> {
  if (scope === 'markdown') {
    const { renderGuide } = await import('./help/guide.js')
    return `${renderGuide()}\n`
  }
  if (scope === 'man') {
    const { renderManualPage } = await import('./help/manual-page.js')
    return renderManualPage()
  }
  const { renderHelp, renderManual, renderOverview } = await import('./help/help.js')
  const all = scope === 'all'
  if (command !== undefined) return renderHelp(command, { columns, all })
  return all ? renderManual({ columns }) : renderOverview({ columns })
}

async function completion({ shell }: CompletionRequest): Promise<ExitCode> {
  const { renderCompletion } = await import('./completion/completion.js')
  process.stdout.write(renderCompletion(shell))
  return exitCode.ok
}

async function config(request: ConfigRequest, redactor: Redactor): Promise<ExitCode> {
  const { runConfig } = await import('./commands/config.js')
  await runConfig(request, process.env, {
    redactor,
    write: (text) => void process.stdout.write(text),
    warn: (text) => void process.stderr.write(`linksocks: ${text}\n`),
  })
  return exitCode.ok
}

/** Width without a terminal. */
const defaultColumns = 80

async function run(asked: Run, redactor: Redactor): Promise<ExitCode> {
  tuneEngine()
  const { invocation, file } = await withFile(asked)
  const { secrets, settings, warnings, command } = invocation
  const worker = Worker.find(process)
  const workers = worker === undefined && 'workers' in settings ? workerCount(settings.workers) : 1
  if (workers > 1) checkPlatform(process)
  const signals = worker?.signals ?? process
  const stop = listenForStop({
    source: signals,
    exit: (code) => process.exit(code),
    // With a file, a hang-up (SIGHUP) requests a reload.
    stopOnHangUp: file === undefined && isatty(0),
  })
  redactor.addAll(secrets)
  hideCommandLine(command, secrets)
  const { report, ...log } = await openLog(invocation, { redactor, signals, worker })
  const { logger } = log
  const draining = new Draining('drainTimeout' in settings ? settings.drainTimeout : 0)
  if ('drainTimeout' in settings) draining.listen(signals)
  const service = new ServiceManager(worker?.environment ?? process.env, logger, worker?.notify, engineStarted)
  endAtCrash(report)
  // The primary has already shown the warnings of its workers.
  if (worker === undefined) for (const warning of warnings) logger.warn({}, warning)
  stop.addEventListener('abort', () => service.stopping(), { once: true })
  draining.signal.addEventListener('abort', () => service.status('draining'), { once: true })
  const isAlone = worker === undefined && workers === 1
  const restart = isAlone ? await makeRestart(command, { logger, service, stop, draining }) : undefined
  try {
    const output = { print: printerOf(invocation, logger, worker), program: programName() }
    const context = { ...log, ...output, service, redactor, stop, draining, restart, worker }
    const stopTracing = carriers.has(command) ? await tracing(logger) : undefined
    const code = await runCommand({ invocation, file, workers, signals }, context)
    await restart?.close()
    // A drain may take an hour, so systemd is notified of the end only when it comes.
    if (draining.signal.aborted && !stop.aborted) service.stopping()
    await stopTracing?.()
    return code
  } catch (error) {
    if (error instanceof UsageError) throw error
    report(error)
    return exitCode.failure
  }
}

function endAtCrash(report: (error: unknown) => void): void {
  process.on('uncaughtException', (error) => {
    report(error)
    process.exit(exitCode.failure)
  })
}

/**
 * Returns a function that writes a line to the standard output. Of several processes only the first one prints. A
 * program that carries connections loses lines where the reader is slow; the output of other commands has an end, and
 * waits.
 */
function printerOf({ settings, command }: Run, logger: Logger, worker: Worker | undefined): (line: string) => void {
  if (!carriers.has(command)) return (line) => void process.stdout.write(printedLine(line, settings.logFormat))
  const output = new LineOutput(1)
  let warned: string | undefined
  return (line) => {
    if (worker?.prints === false) return
    output.write(printedLine(line, settings.logFormat))
    const { failure } = output
    // Once for all lines: the demo prints a dozen.
    if (failure !== undefined && failure !== readerIsGone && failure !== warned)
      logger.warn({}, `standard output cannot be written: ${failure}`)
    warned = failure
  }
}

/** Commands that carry connections. */
const carriers: ReadonlySet<string> = new Set(['server', 'client', 'provider', 'connector', 'connect', 'run', 'demo'])

/** Sends spans of connections if the environment enables it; returns a function that ends it. */
async function tracing(logger: Logger): Promise<() => Promise<void>> {
  const { startTracing } = await import('./observe/tracing.js')
  return startTracing(process.env, logger)
}

/** Creates the restart; loaded only if needed, since a command without servers has nothing to hand over. */
async function makeRestart(
  command: string,
  { logger, service, stop, draining }: Pick<CommandContext, 'logger' | 'service' | 'stop' | 'draining'>,
): Promise<Restart | undefined> {
  if (command !== 'server' && command !== 'run') return undefined
  const [{ Restart }, { Predecessor }, { takeActivationSockets }] = await Promise.all([
    import('./restart/restart.js'),
    import('./restart/predecessor.js'),
    import('./restart/activation.js'),
  ])
  takeActivationSockets(process)
  const predecessor = Predecessor.find(process)
  const onHandedOver = (): void => {
    service.handedOver()
    draining.request()
  }
  const ending = AbortSignal.any([stop, draining.signal])
  const restart = new Restart({ predecessor, environment: process.env, logger, ending, onHandedOver })
  restart.listen(process)
  return restart
}

/** Reads the file of `run`, which may contain settings of the log. */
async function withFile(invocation: Run): Promise<Pick<RunWithFile, 'invocation' | 'file'>> {
  if (invocation.command !== 'run') return { invocation, file: undefined }
  const [{ loadConfig }, { processSettings }] = await Promise.all([
    import('./config/load-config.js'),
    import('./config/role-settings.js'),
  ])
  const file = loadConfig(invocation.settings.config, process.env)
  const secrets = [...invocation.secrets, ...file.secrets]
  return { invocation: { ...invocation, settings: processSettings(file, invocation), secrets }, file }
}

/** Removes secrets from the command line, which other users of a machine can list. Not on Windows. */
function hideCommandLine(command: string, secrets: readonly string[]): void {
  const isSecret = (word: string): boolean => secrets.some((secret) => secret !== '' && word.includes(secret))
  if (process.argv.some(isSecret) || process.argv.some((word) => /:\/\/[^/]*@/.test(word)))
    process.title = `linksocks ${command}`
}

/** Name with which the program was called, so that suggested command lines work for the user. */
function programName(): string {
  const path = process.argv[1] ?? 'linksocks'
  if (basename(path) !== 'linksocks') return `node ${relative(process.cwd(), path)}`
  const isFound = (process.env['PATH'] ?? '').split(delimiter).includes(dirname(path))
  if (isFound) return 'linksocks'
  const place = relative(process.cwd(), path)
  return place.startsWith('..') ? path : `./${place}`
}

/** Error of output whose reader has closed, such as `head -1`: neither a failure nor worth a message. */
const readerIsGone = 'EPIPE'

/**
 * Handles errors of output. A reader that closes early is no failure. A full disk is one, but must not crash the
 * program.
 */
function surviveFailingOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
      if (code === readerIsGone) return
      process.exitCode = exitCode.failure
      if (stream === process.stdout) process.stderr.write(`linksocks: standard output cannot be written: ${code}\n`)
    })
  }
}
