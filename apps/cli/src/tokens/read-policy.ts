import { resolve } from 'node:path'
import { readLimitedFile } from '@ls/dial'
import { Policy, PolicyFault, type PolicyOptions } from '@ls/server'
import { UsageError } from '../errors.js'
import { messageOf } from '../output/describe-error.js'

/**
 * Parses JSON, or `@FILE` with some, as an object.
 *
 * @param folder Folder for relative paths.
 * @param waitMs Time for the writer of a pipe, in milliseconds. @default that of `readLimitedFile`
 * @throws UsageError for anything else
 */
export function readPolicyText(text: string, folder = '.', waitMs?: number): object {
  try {
    const json: unknown = JSON.parse(text.startsWith('@') ? textOf(resolve(folder, text.slice(1)), waitMs) : text)
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json
  } catch (error) {
    throw new UsageError(`--policy cannot be read: ${messageOf(error)}`, { cause: error })
  }
  throw new UsageError('--policy must be a JSON object, or @FILE with one')
}

/** Most bytes of a file: a policy has a few lines, or some hundred rules. */
const maxFileBytes = 1024 * 1024

function textOf(path: string, waitMs: number | undefined): string {
  return readLimitedFile(path, maxFileBytes, waitMs).toString()
}

/**
 * Checks a policy.
 *
 * @param flags Flags that set keys of it, by path: `{ 'rate.up': '--rate-up' }`. Errors name
 *   the flag in place of the key.
 * @throws UsageError for an invalid one
 */
export function checkedPolicy(policy: object, flags: Readonly<Record<string, string>> = {}): PolicyOptions {
  try {
    return Policy.parse(policy).options
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error
    const key = error.path.join('.')
    const name = flags[error.path.slice(1).join('.')] ?? key
    throw new UsageError(`${name}${error.message.slice(key.length)}`, { cause: error })
  }
}
