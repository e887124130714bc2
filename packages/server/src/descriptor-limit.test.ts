import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { descriptorLimit, filesOfHeap, parseLimits, shareDescriptors } from './descriptor-limit.js'

describe('descriptorLimit', () => {
  test.skipIf(process.platform === 'win32')('is what a shell says of this process', () => {
    const said = execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
    expect(descriptorLimit()).toBe(said === 'unlimited' ? 1_048_576 : Math.min(Number(said), 1_048_576))
  })
})

describe('parseLimits', () => {
  test.each([
    [
      'Limit  Soft Limit  Hard Limit  Units\nMax open files            2048                 524288               files\n',
      '2048',
    ],
    ['Max open files            unlimited            unlimited            files\n', 'unlimited'],
    ['Max processes  1  1\n', undefined],
  ])('reads %j as %s', (table, limit) => {
    expect(parseLimits(table)).toBe(limit)
  })
})

test.each([
  ['of --max-old-space-size=64', 112, 4778],
  ['of a machine with 4 GiB', 2096, 89_429],
  ['of a runtime that does not tell its limit', 0, Infinity],
])('filesOfHeap allows for the heap %s as many as fit', (_what, mebibytes, files) => {
  expect(filesOfHeap(mebibytes * 1_048_576)).toBe(files)
})

test('shareDescriptors reserves a twentieth, and a part of the channels for other tokens', () => {
  fc.assert(
    fc.property(fc.integer({ min: 64, max: 1_048_576 }), (limit) => {
      const { pending, links, channels, tokenChannels } = shareDescriptors(limit)
      return limit - pending - links - channels >= limit / 20 && tokenChannels < channels && tokenChannels > 0
    }),
  )
})
