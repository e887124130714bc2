import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { signMachO } from './sign-macho.mjs'

const sectionStart = 512
const linkEditStart = 16_384

/** A program that holds what a signature depends on: two segments, a section, and data that no page repeats. */
function program({ bytes = 20_001, room = sectionStart } = {}) {
  const file = Buffer.alloc(bytes)
  for (let place = sectionStart; place + 4 <= bytes; place += 4) file.writeUInt32LE(place, place)
  const commands = [
    segment('__TEXT', 0, linkEditStart, [room]),
    segment('__LINKEDIT', linkEditStart, bytes - linkEditStart, []),
  ]
  const text = Buffer.concat(commands)
  for (const [index, number] of [0xfeedfacf, 0x100000c, 0, 2, commands.length, text.length].entries())
    file.writeUInt32LE(number, 4 * index)
  text.copy(file, 32)
  return file
}

function segment(name, start, size, sectionStarts) {
  const command = Buffer.alloc(72 + 80 * sectionStarts.length)
  command.writeUInt32LE(0x19, 0)
  command.writeUInt32LE(command.length, 4)
  command.write(name, 8, 'latin1')
  command.writeBigUInt64LE(BigInt(size), 32)
  command.writeBigUInt64LE(BigInt(start), 40)
  command.writeBigUInt64LE(BigInt(size), 48)
  command.writeUInt32LE(sectionStarts.length, 64)
  for (const [index, place] of sectionStarts.entries()) command.writeUInt32LE(place, 72 + 80 * index + 48)
  return command
}

function fileOf(content) {
  const folder = mkdtempSync(join(tmpdir(), 'linksocks-macho-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'linksocks'), content)
  return join(folder, 'linksocks')
}

function signed(content) {
  const file = fileOf(content)
  signMachO(file, 'linksocks')
  return readFileSync(file)
}

/** All load commands, by number: their places in the file. */
function commandsOf(file) {
  const places = []
  let place = 32
  while (place < 32 + file.readUInt32LE(20)) {
    places.push([file.readUInt32LE(place), place])
    place += file.readUInt32LE(place + 4)
  }
  if (places.length !== file.readUInt32LE(16)) throw new Error('the header counts other commands than there are')
  return places
}

/** Reads a signature as Apple's cs_blobs.h describes it, and without the code under test. */
function signatureOf(file) {
  const [, command] = commandsOf(file).find(([number]) => number === 0x1d)
  const [start, size] = [file.readUInt32LE(command + 8), file.readUInt32LE(command + 12)]
  const blob = file.subarray(start, start + size)
  const directory = blob.subarray(blob.readUInt32BE(16))
  const slots = directory.subarray(directory.readUInt32BE(16))
  const hashes = Array.from({ length: directory.readUInt32BE(28) }, (_, slot) => {
    return slots.subarray(slot * 32, slot * 32 + 32).toString('hex')
  })
  return { start, size, blob, directory, hashes }
}

test('signMachO hashes each page before the signature', () => {
  const file = signed(program())
  const { start, hashes } = signatureOf(file)
  const pages = Array.from({ length: Math.ceil(start / 4096) }, (_, page) => {
    const content = file.subarray(page * 4096, Math.min((page + 1) * 4096, start))
    return createHash('sha256').update(content).digest('hex')
  })
  expect(hashes).toEqual(pages)
})

test('signMachO makes a signature that needs no certificate, for the whole file and its program', () => {
  const { start, blob, directory } = signatureOf(signed(program()))
  const found = {
    blob: blob.readUInt32BE(0),
    directory: directory.readUInt32BE(0),
    flags: directory.readUInt32BE(12),
    end: directory.readUInt32BE(32),
  }
  expect(found).toEqual({ blob: 0xfade0cc0, directory: 0xfade0c02, flags: 0x20002, end: start })
})

test('signMachO writes the same lengths into the signature and into its command', () => {
  const { size, blob, directory } = signatureOf(signed(program()))
  const lengths = { blob: blob.readUInt32BE(4), directory: directory.readUInt32BE(4), written: blob.length }
  expect(lengths).toEqual({ blob: size, directory: size - 20, written: size })
})

test('signMachO names the program', () => {
  const { directory } = signatureOf(signed(program()))
  const start = directory.readUInt32BE(20)
  expect(directory.toString('latin1', start, start + 10)).toBe('linksocks\0')
})

test('the signature is the end of the file and of the last segment', () => {
  const file = signed(program())
  const { start, size } = signatureOf(file)
  const linkEdit = commandsOf(file).findLast(([number]) => number === 0x19)[1]
  const end = Number(file.readBigUInt64LE(linkEdit + 40) + file.readBigUInt64LE(linkEdit + 48))
  expect({ signature: start + size, segment: end }).toEqual({ signature: file.length, segment: file.length })
})

test('the last segment in memory has room for the signature', () => {
  const file = signed(program())
  const linkEdit = commandsOf(file).findLast(([number]) => number === 0x19)[1]
  expect(file.readBigUInt64LE(linkEdit + 32)).toBeGreaterThanOrEqual(file.readBigUInt64LE(linkEdit + 48))
})

test('a program that is signed again becomes the same', () => {
  const once = signed(program())
  expect(signed(once).equals(once)).toBe(true)
})

test('a header without room for the command is refused', () => {
  expect(() => signed(program({ room: 32 + 72 + 80 + 72 + 15 }))).toThrow('the header has no room for a signature')
})

test('a file that is no program for macOS is refused', () => {
  expect(() => signed(Buffer.alloc(64))).toThrow('no Mach-O of 64 bits')
})
