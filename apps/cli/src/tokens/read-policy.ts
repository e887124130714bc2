import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Policy, PolicyFault, type PolicyOptions } from '@ls/server'
import { UsageError } from '../errors.js'
import { messageOf } from '../output/describe-error.js'

/**
 * Parses JSON, or `@FILE` with some, as an object.
 *
 * @param folder Folder for relative paths.
 * @throws UsageError for anything else
 */
export function readPolicyText(text: string, folder = '.'): object {
  try {
    const json: unknown = JSON.parse(text.startsWith('@') ? readFileSync(resolve(folder, text.slice(1)), 'utf8') : text)
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json
  } catch (error) {
    throw new UsageError(`--policy cannot be read: ${messageOf(error)}`, { cause: error })
  }
  throw new UsageError('--policy must be a JSON object, or @FILE with one')
}

/** Checks a policy. @throws UsageError for an invalid one */
export function checkedPolicy(policy: object): PolicyOptions {
  try {
    return Policy.parse(policy).options
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error
    throw new UsageError(error.message, { cause: error })
  }
}
