import { describe, expect, test } from 'vitest'
import { ConfigError } from '../config-error.js'
import { readConfig } from '../read-config.js'

/** Mistakes in a file, without their place for a shorter line. */
function problemsOf(text: string): readonly string[] {
  try {
    readConfig('c.yaml', text, {})
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ line, key, text: what }) => `${line} ${key}: ${what}`)
  }
}

/** Lists of ten, each of which has the one before it ten times. */
const multiplied = Array.from({ length: 7 }, (_none, index) => {
  const inner = index === 0 ? 'x:1' : `*l${index - 1}`
  return `&l${index} [${Array.from({ length: 10 }, () => inner).join(', ')}]`
}).join(', ')

describe('a configuration file', () => {
  test('reads thousands of aliases, each without a search through the file', () => {
    const tokens = Array.from({ length: 5000 }, (_none, index) => `{token: t${index}, policy: *p}`)
    const text = `servers: {main: {tokens: [{token: first, policy: &p {allow: &a [x:1], deny: *a}}, ${tokens.join(', ')}]}}`
    const { roles } = readConfig('c.yaml', text, {})
    expect(String(roles[0]?.tokens.at(-1)?.values.get('policy')?.value)).toBe('{"allow":["x:1"],"deny":["x:1"]}')
  })

  test('means by an alias the last anchor before it', () => {
    const text = 'servers: {a: {token: &t one}, b: {token: *t}, c: {token: &t two}, d: {token: *t}}'
    const { roles } = readConfig('c.yaml', text, {})
    expect(roles.map(({ values }) => values.get('token')?.value)).toEqual(['one', 'one', 'two', 'two'])
  })

  test.each([
    ['an alias without an anchor', 'servers:\n  main: *gone', ['2 : there is no &gone before the alias *gone']],
    ['an alias before its anchor', 'servers: *s\nclients: &s {}', ['1 : there is no &s before the alias *s']],
    [
      'a policy that contains itself',
      'servers: {main: {token: t, policy: &p {allow: *p}}}',
      ['1 servers.main.policy: has more than 16 levels, or contains itself'],
    ],
    [
      'aliases that multiply',
      `servers:\n  main: {token: t, policy: {allow: [${multiplied}]}}`,
      ['2 servers.main.policy: has more than 100000 values'],
    ],
    [
      'a second document',
      'servers: {main: {token: t}}\n---\nservers: {more: {token: t}}',
      ['2 : a second document begins here; a file has one'],
    ],
    [
      'a line that is indented too far',
      'servers:\n  main:\n    ws-host: 127.0.0.1\n     ws-port: 8765',
      ['3 : the line has two keys, or the next line is indented too far'],
    ],
    [
      'a line that is not indented far enough',
      'servers:\n  main:\n    ws-port: 8765\n   token: t',
      ['4 : All mapping items must start at the same column'],
    ],
    [
      'a line without a colon',
      'servers:\n  main:\n    ws-port 8765\n    token: t',
      ['3 : this line has no key: it needs a colon and a space between key and value'],
    ],
  ])('names %s', (_what, text, expected) => {
    expect(problemsOf(text)).toEqual(expected)
  })
})
