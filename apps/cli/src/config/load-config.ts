import { readLimitedFile } from '@ls/dial'
import type { Environment } from '../arguments/environment.js'
import { exposedFiles } from '../options/exposed-files.js'
import { messageOf } from '../output/describe-error.js'
import { doStepsWithPauses } from '../steps.js'
import { ConfigError } from './config-error.js'
import type { ConfigFile } from './config-file.js'
import { maxConfigBytes } from './document/document-reader.js'
import { utf8Text } from './document/utf8-text.js'
import { readConfig, readConfigInSteps } from './read-config.js'

/**
 * Reads the configuration file at a path, and waits for the writer where it is a pipe.
 *
 * @throws ConfigError with every mistake, or why it cannot be read
 */
export function loadConfig(path: string, environment: Environment): ConfigFile {
  return readConfig(path, textOf(path, Number.POSITIVE_INFINITY), environment)
}

/** Reads it as `loadConfig` does, lets the event loop go on meanwhile, and waits for no pipe. @throws ConfigError */
export async function loadConfigWithPauses(path: string, environment: Environment): Promise<ConfigFile> {
  return doStepsWithPauses(readConfigInSteps(path, textOf(path, 0), environment, 0))
}

/** Warnings about files of secrets that other users can read; the file itself counts if it contains a secret. */
export function exposedConfigFiles({ path, roles, secretFiles }: ConfigFile): readonly string[] {
  const blocks = roles.flatMap((role) => [role, ...role.tokens])
  const values = blocks.flatMap((block) => [...block.values.values()])
  const holdsSecret = values.some(({ flag, from }) => flag.secret === 'value' && from.length === 0)
  const files = secretFiles.flatMap((file) => exposedFiles({ 'secret file': file }))
  return holdsSecret ? [...exposedFiles({ 'configuration file': path }), ...files] : files
}

const missing =
  'there is no such file; "linksocks run -c FILE" reads another, "linksocks config from-flags COMMAND FLAGS" prints one'

/** Most bytes of the file: a character of UTF-16 has at most three bytes of UTF-8. */
const maxFileBytes = 3 * maxConfigBytes

function textOf(path: string, waitMs: number): string {
  const fault = (text: string): ConfigError => new ConfigError(path, [{ line: 1, column: 1, key: '', text }])
  let bytes: Buffer
  try {
    bytes = readLimitedFile(path, maxFileBytes, waitMs)
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw fault(isMissing ? missing : `cannot be read: ${messageOf(error)}`)
  }
  try {
    return utf8Text(bytes)
  } catch (error) {
    throw fault(`the file ${messageOf(error)}`)
  }
}
