import { createRequire } from 'node:module'

const packageJson = createRequire(import.meta.url)('../package.json') as { version: string }

/** The version of this package, as `GET /` and the management API tell it. */
export const version: string = packageJson.version
