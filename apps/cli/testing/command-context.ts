import { silentLogger } from '@ls/foundation'
import type { CommandContext } from '../src/commands/context.js'
import { Draining } from '../src/life/draining.js'
import { ServiceManager } from '../src/life/service-manager.js'
import { LogLevels } from '../src/output/log/log-levels.js'
import { Redactor } from '../src/output/redactor.js'

/** Context of a command that prints and logs nothing. */
export function commandContext(): CommandContext {
  return {
    logger: silentLogger,
    redactor: new Redactor(),
    stop: new AbortController().signal,
    print: () => {},
    draining: new Draining(0),
    levels: new LogLevels('silent'),
    accessLog: undefined,
    service: new ServiceManager({}, silentLogger),
    program: 'linksocks',
  }
}
