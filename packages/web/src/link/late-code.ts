import { type Clock, loggerOfPart, type Logger } from '@ls/foundation'
import type * as onceLinked from './once-linked.js'

/** Code that a page loads once it is linked. */
export type LateCode = typeof onceLinked

/** Options of {@link lateCode}. */
export interface LateCodeOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Whether the code is still of use. */
  isWanted(): boolean
  /** Loads the code. @default its file */
  load?(): Promise<LateCode>
}

/** Pause before a failed load is tried again, in milliseconds. */
const retryMs = 10_000

/** Loads the code for a page that is linked. A failed load is reported and tried again; undefined if of no use then. */
export async function lateCode({
  clock,
  logger,
  isWanted,
  load = () => import('./once-linked.js'),
}: LateCodeOptions): Promise<LateCode | undefined> {
  while (isWanted()) {
    try {
      return await load()
    } catch (error) {
      const text = 'the code for a linked page was not loaded; trying again in 10 s'
      loggerOfPart(logger, 'link').warn({ err: error }, text)
      await new Promise<void>((resolve) => clock.setTimeout(resolve, retryMs))
    }
  }
  return undefined
}
