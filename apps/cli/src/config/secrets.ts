import { join, resolve } from 'node:path'
import { readLimitedFile } from '@ls/dial'
import type { Environment } from '../arguments/environment.js'
import type { Flag } from '../flag.js'
import { messageOf } from '../output/describe-error.js'
import { utf8Text } from './document/utf8-text.js'

/** A text of the file with its references replaced. */
export interface Expanded {
  readonly text: string
  /** The reference, as in the file; undefined if the text had none. */
  readonly from: string | undefined
  /** The file that was read. */
  readonly file: string | undefined
}

export interface SecretSources {
  readonly environment: Environment
  /** Folder for relative paths. */
  readonly folder: string
  /** Time for the writer of a file that is a pipe, in milliseconds. */
  readonly waitMs: number
}

/**
 * Replaces the references in a text: `${NAME}` is a variable of the environment, anywhere; in a value that is a secret,
 * `file:PATH` is the content of a file, and `credential:NAME` a credential of systemd.
 *
 * @throws Error that names the variable or the file, never its content
 */
export function expand(text: string, flag: Flag, sources: SecretSources): Expanded {
  const path = flag.secret === undefined ? undefined : secretFile(text, sources)
  if (path !== undefined) return { text: readSecret(path, sources.waitMs), from: text, file: path }
  const filled = text.replaceAll(reference, (_all, escaped: string | undefined, name: string) =>
    escaped === undefined ? variable(name, sources.environment) : `\${${name}}`,
  )
  return { text: filled, from: filled === text ? undefined : text, file: undefined }
}

/** `$${NAME}` stands for `${NAME}` itself. */
const reference = /\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)\}/g

function variable(name: string, environment: Environment): string {
  const value = environment[name]
  if (value !== undefined) return value
  throw new Error(`the environment has no variable ${name}`)
}

/** Path of the file with a secret; undefined for a text that is no reference. */
function secretFile(text: string, { environment, folder }: SecretSources): string | undefined {
  if (text.startsWith('file:')) return resolve(folder, text.slice('file:'.length))
  if (!text.startsWith('credential:')) return undefined
  const name = text.slice('credential:'.length)
  const credentials = environment['CREDENTIALS_DIRECTORY']
  if (credentials === undefined)
    throw new Error(`${text} is a credential of systemd, and there is no $CREDENTIALS_DIRECTORY`)
  if (name === '' || /[/\\]|^\.\.?$/.test(name)) throw new Error(`${text} names no credential`)
  return join(credentials, name)
}

/** Reads a secret. One line break at the end belongs to the file, not to the secret. */
function readSecret(path: string, waitMs: number): string {
  let bytes: Buffer
  try {
    bytes = readLimitedFile(path, maxSecretBytes, waitMs)
  } catch (error) {
    throw new Error(`cannot be read: ${messageOf(error)}`, { cause: error })
  }
  try {
    return utf8Text(bytes).replace(/\r?\n$/, '')
  } catch (error) {
    throw new Error(`${path} ${messageOf(error)}`, { cause: error })
  }
}

/** Longest secret: longer than any token, password or URL. */
const maxSecretBytes = 65_536
