import { createRequire } from 'node:module'

/** A file of the dashboard. */
export interface DashboardFile {
  /** Its Content-Type. */
  readonly type: string
  /** Its ETag, in quotes (RFC 9110 §8.8.3). */
  readonly etag: string
  /** Its content, packed by gzip. */
  readonly gzip: Uint8Array
}

/**
 * The files of the dashboard by name; the page itself is `index.html`. Give this function to a server as `dashboard`.
 */
export async function dashboardFiles(): Promise<ReadonlyMap<string, DashboardFile>> {
  // Read when it is called, not when the module is loaded. Made by scripts/pack.mjs.
  const packed = createRequire(import.meta.url)('../dist/files.json') as Record<string, PackedFile>
  return new Map(
    Object.entries(packed).map(([name, { gzip, ...file }]) => [name, { ...file, gzip: Buffer.from(gzip, 'base64') }]),
  )
}

interface PackedFile extends Omit<DashboardFile, 'gzip'> {
  /** In Base64. */
  readonly gzip: string
}
