import type { ClientOptions } from '@ls/client'
import { parseServerUrl, redactUrl, splitEarlyData } from '@ls/transport'
import { clientDefaults } from '../arguments/command-line.js'
import type { CommandContext } from '../commands/context.js'
import { openDisguise } from '../commands/disguise.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { checkClient } from '../options/client-checks.js'
import { clientOptions } from '../options/client-options.js'
import type { Settings } from '../settings.js'
import { examine } from './examine.js'
import { type Finding, findingLines } from './finding.js'

/** Examines the path to a server. Ends with 0 if no step failed. */
export async function runDoctor(
  given: Settings<'doctor'>,
  context: Pick<CommandContext, 'logger' | 'print' | 'stop'>,
): Promise<ExitCode> {
  const settings = { ...clientDefaults(), ...given }
  checkClient(settings)
  const { logger, print, stop } = context
  const findings: Finding[] = []
  const report = (finding: Finding): void => {
    findings.push(finding)
    if (!given.json) for (const line of findingLines(finding)) print(line)
  }
  const { url } = splitEarlyData(parseServerUrl(settings.url))
  const disguise = await openDisguise(settings, { logger, print }, { onReady: () => {} })
  const optionsFor = (of: typeof settings): ClientOptions => {
    // The steps report what the client would log.
    return { ...clientOptions(of), ...disguise.options, logger: settings.debug > 0 ? logger : undefined }
  }
  const subject = {
    url,
    client: optionsFor(settings),
    otherRole: optionsFor({ ...settings, reverse: !settings.reverse }),
    hasToken: settings.token !== undefined,
    environment: process.env,
    idleMs: given.idle,
    speedMs: given.speed,
    signal: stop,
  }
  try {
    await examine(subject, report)
  } finally {
    await disguise.close()
  }
  const isWell = findings.every(({ level }) => level !== 'FAIL')
  if (given.json) print(JSON.stringify({ url: redactUrl(url), ok: isWell, findings }))
  else print(isWell ? 'nothing failed' : 'a step failed: no link opens until it is repaired')
  return isWell ? exitCode.ok : exitCode.failure
}
