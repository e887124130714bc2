import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('../../../spec/vectors/', import.meta.url)

/**
 * The JSON of a file in `spec/vectors`, by its path there (`messages.json`); the caller knows its type.
 *
 * @throws Error naming the file when it is missing or no JSON.
 */
export function loadVectors(path: string): unknown {
  const file = fileURLToPath(new URL(path, folder))
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown
  } catch (error) {
    throw new Error(`no test vectors in ${file}`, { cause: error })
  }
}
