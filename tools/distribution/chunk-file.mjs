import { openSync, readSync } from 'node:fs'

/** The program that runs, also after another has taken its path. */
const ownProgram = process.platform === 'linux' ? '/proc/self/exe' : process.execPath

/**
 * Opens the packed chunks of the executable for reading. Its assets are mapped memory, of which each page that is read
 * stays resident: 2 MiB of an idle server. So chunks are read from the file of the executable into one buffer.
 *
 * @param {{
 *   index: { mark: string; places: Record<string, number[]> }
 *   start: number
 *   mapped: () => ArrayBuffer
 *   program?: string
 * }} options
 *   `index` and the bytes come from `packChunks`. `start` is their place in the file, and `mapped` returns them as an
 *   asset, which is used when they are not at that place: a tool may have changed the file. `program` is the path of
 *   the file.
 * @returns {{ read: (name: string) => string; readCache: (name: string) => Uint8Array | undefined }} For `chunkLoader`.
 *   A code cache is valid until the next call.
 */
export function openChunks({ index: { mark, places }, start, mapped, program = ownProgram }) {
  const file = openAt(program, start, mark)
  const bytesOf = file === undefined ? partsOf(mapped()) : partsInFile(file, start)
  return {
    // It holds no character beyond ASCII.
    read: (name) => bytesOf(places[name][0], places[name][1]).latin1Slice(),
    readCache: (name) => (places[name].length > 2 ? bytesOf(places[name][2], places[name][3]) : undefined),
  }
}

/** Opens a file if `mark` lies at `start` in it. It stays open: chunks are loaded on demand. */
function openAt(program, start, mark) {
  try {
    const file = openSync(program)
    const found = Buffer.allocUnsafeSlow(mark.length)
    readSync(file, found, 0, mark.length, start)
    return found.latin1Slice() === mark ? file : undefined
  } catch {
    // For example, `/proc` is missing in a chroot.
    return undefined
  }
}

function partsOf(bytes) {
  return (offset, length) => Buffer.from(bytes, offset, length)
}

function partsInFile(file, start) {
  let buffer = Buffer.allocUnsafeSlow(firstBytes)
  return (offset, length) => {
    if (length > buffer.length) buffer = Buffer.allocUnsafeSlow(length)
    readSync(file, buffer, 0, length, start + offset)
    return buffer.subarray(0, length)
  }
}

/** Size of the first buffer, in bytes: enough for each chunk of a server. */
const firstBytes = 256 * 1024
