import { expect, test } from 'vitest'
import { printedLine } from './printed-line.js'

test.each([
  ['connector token: abc', 'json', '{"name":"connector token","value":"abc"}\n'],
  ['listening: ws://a:1', 'json', '{"name":"listening","value":"ws://a:1"}\n'],
  ['[main] listening: ws://a:1', 'json', '{"role":"main","name":"listening","value":"ws://a:1"}\n'],
  ['It "is" running', 'json', '{"text":"It \\"is\\" running"}\n'],
  ['token: abc', 'auto', 'token: abc\n'],
  ['token: abc', 'human', 'token: abc\n'],
  ['token: a\u001b]0;b\u0007\u009b\nlistening: c', 'auto', 'token: a\\u001b]0;b\\u0007\\u009b\\u000alistening: c\n'],
  ['token: a\u009b', 'json', '{"name":"token","value":"a\\u009b"}\n'],
] as const)('printedLine of %s in %s', (line, format, expected) => {
  expect(printedLine(line, format)).toBe(expected)
})
