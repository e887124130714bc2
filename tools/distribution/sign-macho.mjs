import { hash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

// Numbers and sizes of Mach-O are those of Apple's headers loader.h and cs_blobs.h. The signature is the one that
// linkers make: a code directory, which holds the SHA-256 of each page, and nothing else.

const magicOf64Bits = 0xfeedfacf
const headerBytes = 32
const segmentCommand = 0x19
const signatureCommand = 0x1d
const signatureCommandBytes = 16

const embeddedSignature = 0xfade0cc0
const codeDirectory = 0xfade0c02
/** A super blob with one entry. */
const blobHeaderBytes = 20
const codeDirectoryBytes = 88
/** Version whose code directory names the segment of the program. */
const codeDirectoryVersion = 0x20400
/** It needs no certificate (ad hoc), and `codesign` may replace it without `--force` (linker-signed). */
const adHocByLinker = 0x20002
const sha256Type = 2
const hashBytes = 32
const pageBits = 12
const pageBytes = 2 ** pageBits
const isMainProgram = 1

/** Data of the signature begins at a multiple of this. */
const alignmentBytes = 16
/** Segments in memory end at a multiple of this on Apple silicon. */
const memoryPageBytes = 16_384

/**
 * Signs a program for macOS without a certificate (ad hoc), as linkers do. macOS on Apple silicon kills a program
 * without a valid signature, and Node removes the signature of its program when it makes an executable.
 *
 * @param {string} file A Mach-O program for one processor with 64 bits. An old signature is replaced.
 * @param {string} identifier Name of the program in the signature.
 * @throws When it is no such program, or its header has no room.
 */
export function signMachO(file, identifier) {
  const bytes = readFileSync(file)
  const layout = readLayout(bytes)
  const end = layout.signature?.dataStart ?? bytes.length
  const dataStart = roundUp(end, alignmentBytes)
  const pages = Math.ceil(dataStart / pageBytes)
  const dataBytes = blobHeaderBytes + codeDirectoryBytes + identifier.length + 1 + pages * hashBytes
  const signed = Buffer.alloc(dataStart + dataBytes)
  bytes.copy(signed, 0, 0, end)
  writeCommand(signed, layout, dataStart, dataBytes)
  writeSignature(signed, dataStart, { identifier, pages, program: layout.program })
  writeFileSync(file, signed)
}

/** Returns what a signature depends on; all places are in bytes from the start of the file. */
function readLayout(bytes) {
  if (bytes.length < headerBytes || bytes.readUInt32LE(0) !== magicOf64Bits) throw new Error('no Mach-O of 64 bits')
  const [count, commandsBytes] = [bytes.readUInt32LE(16), bytes.readUInt32LE(20)]
  const layout = { commandsEnd: headerBytes + commandsBytes, firstSection: bytes.length }
  for (let index = 0, place = headerBytes; index < count; index += 1) {
    const command = bytes.readUInt32LE(place)
    if (command === segmentCommand) readSegment(bytes, place, layout)
    if (command === signatureCommand) layout.signature = { place, dataStart: bytes.readUInt32LE(place + 8) }
    place += bytes.readUInt32LE(place + 4)
  }
  if (layout.program === undefined || layout.linkEdit === undefined) throw new Error('a segment is missing')
  return layout
}

function readSegment(bytes, place, layout) {
  const name = bytes.toString('latin1', place + 8, place + 24).replace(/\0+$/, '')
  const [start, size] = [Number(bytes.readBigUInt64LE(place + 40)), Number(bytes.readBigUInt64LE(place + 48))]
  if (name === '__TEXT') layout.program = { start, size }
  if (name === '__LINKEDIT') layout.linkEdit = { place, start }
  const sections = bytes.readUInt32LE(place + 64)
  for (let index = 0; index < sections; index += 1) {
    const sectionStart = bytes.readUInt32LE(place + 72 + 80 * index + 48)
    if (sectionStart > 0) layout.firstSection = Math.min(layout.firstSection, sectionStart)
  }
}

/** Writes where the signature is: into its command, and into the segment that contains it. */
function writeCommand(bytes, { commandsEnd, firstSection, signature, linkEdit }, dataStart, dataBytes) {
  const place = signature?.place ?? commandsEnd
  if (signature === undefined) {
    if (commandsEnd + signatureCommandBytes > firstSection) throw new Error('the header has no room for a signature')
    bytes.writeUInt32LE(bytes.readUInt32LE(16) + 1, 16)
    bytes.writeUInt32LE(bytes.readUInt32LE(20) + signatureCommandBytes, 20)
  }
  bytes.writeUInt32LE(signatureCommand, place)
  bytes.writeUInt32LE(signatureCommandBytes, place + 4)
  bytes.writeUInt32LE(dataStart, place + 8)
  bytes.writeUInt32LE(dataBytes, place + 12)
  const segmentBytes = dataStart + dataBytes - linkEdit.start
  bytes.writeBigUInt64LE(BigInt(roundUp(segmentBytes, memoryPageBytes)), linkEdit.place + 32)
  bytes.writeBigUInt64LE(BigInt(segmentBytes), linkEdit.place + 48)
}

/** Writes the signature, which hashes all before it; so the rest of the file must be final. */
function writeSignature(bytes, dataStart, { identifier, pages, program }) {
  const directory = dataStart + blobHeaderBytes
  const hashStart = codeDirectoryBytes + identifier.length + 1
  writeNumbers(bytes, dataStart, [embeddedSignature, bytes.length - dataStart, 1, 0, blobHeaderBytes])
  const sizes = [bytes.length - directory, codeDirectoryVersion, adHocByLinker, hashStart, codeDirectoryBytes]
  writeNumbers(bytes, directory, [codeDirectory, ...sizes, 0, pages, dataStart])
  bytes.set([hashBytes, sha256Type, 0, pageBits], directory + 36)
  bytes.writeBigUInt64BE(BigInt(program.start), directory + 64)
  bytes.writeBigUInt64BE(BigInt(program.size), directory + 72)
  bytes.writeBigUInt64BE(BigInt(isMainProgram), directory + 80)
  bytes.write(identifier, directory + codeDirectoryBytes, 'latin1')
  for (let page = 0; page < pages; page += 1) {
    const content = bytes.subarray(page * pageBytes, Math.min((page + 1) * pageBytes, dataStart))
    hash('sha256', content, 'buffer').copy(bytes, directory + hashStart + page * hashBytes)
  }
}

function writeNumbers(bytes, start, numbers) {
  for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number, start + 4 * index)
}

function roundUp(value, step) {
  return Math.ceil(value / step) * step
}
