import type { ConfigRequest } from '../arguments/config-command.js'
import type { Environment } from '../arguments/environment.js'
import { checkFile } from '../config/checks/check-roles.js'
import { fileWarnings, startWarnings } from '../config/checks/file-warnings.js'
import { fileFromFlags } from '../config/from-flags.js'
import { loadConfig } from '../config/load-config.js'
import { configSchema } from '../config/schema.js'
import { showConfig } from '../config/show-config.js'
import type { Redactor } from '../output/redactor.js'

export interface ConfigOutput {
  readonly redactor: Redactor
  /** Writes to standard output. */
  write(text: string): void
  /** Writes a line for people to standard error. */
  warn(text: string): void
}

/** Checks, shows, creates or describes a configuration file. @throws ConfigError for a file with mistakes */
export async function runConfig(request: ConfigRequest, environment: Environment, output: ConfigOutput): Promise<void> {
  switch (request.action) {
    case 'schema':
      return output.write(`${JSON.stringify(configSchema(), undefined, 2)}\n`)
    case 'from-flags':
      for (const warning of request.run.warnings) output.warn(warning)
      return output.write(fileFromFlags(request.run))
    case 'show':
      return output.write(showConfig(loadConfig(request.file, environment), output.redactor))
    case 'check': {
      const file = await checkFile(request.file, environment)
      output.redactor.addAll(file.secrets)
      for (const warning of [...fileWarnings(file), ...startWarnings(file)]) output.warn(warning)
      return output.write(`${request.file}: no mistakes; ${file.roles.map(({ path }) => path).join(', ')}\n`)
    }
  }
}
