import { execFile } from 'node:child_process'
import { requireProgram } from '@ls/testkit'

export interface CurlResult {
  /** curl's exit code; 0 after an answer. */
  readonly code: number
  readonly body: string
  /** Error message of curl. */
  readonly error: string
}

export const hasCurl = requireProgram('curl') !== undefined

/** Runs curl with no output except errors, for at most 20 s. */
export function curl(...options: string[]): Promise<CurlResult> {
  return new Promise((resolve) => {
    execFile('curl', ['-sS', '--max-time', '20', ...options], { encoding: 'utf8' }, (error, body, text) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, body, error: text.trim() })
    })
  })
}
