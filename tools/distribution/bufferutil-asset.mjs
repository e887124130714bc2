// Replaces `bufferutil` in the single executable. Where the add-on cannot be written or loaded (a file system that is
// read-only or forbids programs), this throws, and masking is done in JavaScript, as without the package.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRawAsset } from 'node:sea'

const addOn = { exports: {} }
const folder = mkdtempSync(join(tmpdir(), 'linksocks-'))
try {
  const file = join(folder, 'bufferutil.node')
  writeFileSync(file, new Uint8Array(getRawAsset('bufferutil.node')), { mode: 0o700 })
  process.dlopen(addOn, file)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

export const { mask, unmask } = addOn.exports
