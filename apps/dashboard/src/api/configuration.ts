import { ApiError, call } from './call.js'

/** The configuration of the program, as `GET /api/config` shows it. */
export interface Configuration {
  readonly path: string
  /** All settings in force, as YAML. */
  readonly running: string
  /** The same as the file has them now; null where it has mistakes. */
  readonly file: string | null
  readonly mistakes: readonly string[]
}

/** `none` for a server without a file. @throws ApiError */
export async function showConfiguration(signal: AbortSignal): Promise<Configuration | 'none'> {
  try {
    return await call('GET', 'config', { signal })
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return 'none'
    throw error
  }
}
