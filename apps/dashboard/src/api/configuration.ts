import { ApiError, call } from './call.js'

/** Configuration of the program, as in `GET /api/config`. */
export interface Configuration {
  readonly path: string
  /** All settings in force, as YAML. */
  readonly running: string
  /** The same as the file has them now; null if it has mistakes. */
  readonly file: string | null
  readonly mistakes: readonly string[]
}

/** Reads the configuration; `none` for a server without a file. @throws ApiError */
export async function showConfiguration(signal: AbortSignal): Promise<Configuration | 'none'> {
  try {
    return await call('GET', 'config', { signal })
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return 'none'
    throw error
  }
}
