import { expect, test } from 'vitest'
import { readCommandLine } from './command-line.mjs'

const known = { caseIds: ['bulk-down-1', 'bulk-up-1', 'close'], peerIds: ['go', 'chisel'] }

test('readCommandLine takes a run without options as a complete one of three rounds', () => {
  expect(readCommandLine([], known)).toMatchObject({ complete: true, rounds: 3, quick: false })
})

test.each([['--quick'], ['--cases', 'bulk'], ['--peers', 'go'], ['--against', 'x']])(
  'readCommandLine takes %s as an incomplete run, which leaves the page alone',
  (...args) => {
    expect(readCommandLine(args, known).complete).toBe(false)
  },
)

test('readCommandLine lets any run write the page', () => {
  expect(readCommandLine(['--quick', '--page'], known).complete).toBe(true)
})

test('readCommandLine splits lists', () => {
  const { casePrefixes, peers } = readCommandLine(['--cases', 'bulk,close', '--peers', 'go,chisel'], known)
  expect({ casePrefixes, peers }).toEqual({ casePrefixes: ['bulk', 'close'], peers: ['go', 'chisel'] })
})

test('readCommandLine takes no peers for none', () => {
  expect(readCommandLine(['--peers', 'none'], known).peers).toEqual([])
})

test('readCommandLine names a case that there is not, and those that there are', () => {
  expect(() => readCommandLine(['--cases', 'bulky'], known)).toThrow(
    '--cases: no case begins with "bulky"; there are bulk-down-1, bulk-up-1, close',
  )
})

test('readCommandLine names a peer that there is not', () => {
  expect(() => readCommandLine(['--peers', 'gost'], known)).toThrow('--peers: no peer "gost"; there are go, chisel')
})

test.each(['0', '1.5', 'many', '101'])('readCommandLine refuses %s rounds', (rounds) => {
  expect(() => readCommandLine(['--rounds', rounds], known)).toThrow(`--rounds is "${rounds}"`)
})
