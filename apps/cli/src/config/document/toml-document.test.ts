import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../config-error.js'
import { readConfig } from '../read-config.js'

const yaml = `
log-level: debug
servers:
  main:
    ws-port: 0
    token: \${TOKEN}
    tokens:
      - token: office
        reverse: true
        connector-token: [one, two]
        policy: { name: ada, expiresAt: 2030-01-01T00:00:00Z, rate: { down: 50Mbit } }
      - token: other
clients:
  home: { url: 'ws://127.0.0.1:8765', token: t, no-reconnect: true, grace: 20s }
`

const toml = `
log-level = "debug"
[servers.main]
ws-port = 0x0 # a comment
token = "\${TOKEN}"
[[servers.main.tokens]]
token = 'office'
reverse = true
connector-token = [
  "one",
  "two",
]
[servers.main.tokens.policy]
name = "ada"
expiresAt = 2030-01-01T00:00:00Z
rate = { down = "50Mbit" }
[[servers.main.tokens]]
token = "other"
[clients]
home = { url = "ws://127.0.0.1:8765", token = "t", no-reconnect = true, grace = "20s" }
`

const environment = { TOKEN: 'secret' }

function settingsOf(path: string, text: string, variables: Record<string, string> = environment): unknown {
  const { process, roles } = readConfig(path, text, variables)
  const blocks = [process, ...roles.flatMap((role) => [role, ...role.tokens])]
  return blocks.map((block) => [block.path, [...block.values].map(([name, { value }]) => [name, value])])
}

function messageOf(text: string): string {
  try {
    readConfig('f.toml', text, environment)
    return 'no error'
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

describe('a configuration in TOML', () => {
  test('means what the same file in YAML does', () => {
    expect(settingsOf('f.toml', toml)).toEqual(settingsOf('f.yaml', yaml))
  })

  test('means what the example in YAML does in the guide', () => {
    const guide = readFileSync(new URL('../../../../../docs/guide/configuration.md', import.meta.url), 'utf8')
    const [example, inToml] = ['yaml', 'toml'].map((kind) => guide.split(`\`\`\`${kind}\n`)[1]?.split('```')[0] ?? '')
    const variables = { LINKSOCKS_TOKEN: 'secret' }
    expect(settingsOf('f.toml', inToml ?? '', variables)).toEqual(settingsOf('f.yaml', example ?? '', variables))
  })

  test.each([
    ['[servers.main]\nws-prot = 1', "f.toml:2:1: servers.main.ws-prot: unknown key 'ws-prot'; did you mean ws-port?"],
    ['[servers.main]\nws-port = 70000', 'f.toml:2:11: servers.main.ws-port: '],
    ['[[servers.main.tokens]]\nreverse = true', 'f.toml:1:16: servers.main.tokens[0]: needs the key token'],
    [
      '[[servers.main.tokens]]\ntoken = "t"\npolicy = { maxLinks = 0 }',
      'f.toml:3:23: servers.main.tokens[0].policy.maxLinks: ',
    ],
    ['[servers.main]\ntoken = "t', 'f.toml:2:11: no TOML: Unterminated string constant'],
    ['[servers.main]\ntoken = "t"\ntoken = "u"', 'f.toml:3:1: no TOML: Defining a key multiple times is invalid'],
  ])('shows the place of the mistake in %j', (text, message) => {
    expect(messageOf(text)).toContain(message)
  })

  test('is refused with a ConfigError, whatever the text is', () => {
    const parts = fc.constantFrom(
      '[',
      ']',
      '[[',
      '{',
      '}',
      '=',
      '.',
      '"',
      "'",
      '\n',
      'servers',
      'main',
      'token',
      '1',
      ' ',
      '-',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.string()), { maxLength: 30 }), (pieces) => {
        messageOf(pieces.join(''))
      }),
    )
  })

  test('is refused where it nests without end', () => {
    expect(messageOf(`a = ${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toMatch(/^f\.toml:1:1: /)
  })
})
