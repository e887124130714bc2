import type { Snapshot } from '@ls/foundation'

/**
 * Writes numbers for a scraper with this Accept header.
 *
 * @param snapshot Numbers to write. @default those of this process
 */
export type WriteMetrics = (
  accept: string | undefined,
  snapshot?: Snapshot,
) => Promise<{ readonly contentType: string; readonly body: string }>
