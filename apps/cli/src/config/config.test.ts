import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseCommandLine } from '../arguments/command-line.js'
import type { RoleRun } from '../arguments/config-command.js'
import type { Flag } from '../flag.js'
import { flags } from '../flags.js'
import { Redactor } from '../output/redactor.js'
import { doSteps } from '../steps.js'
import { checkFile, checkRoles } from './checks/check-roles.js'
import { ConfigError } from './config-error.js'
import { fileFromFlags } from './from-flags.js'
import { exposedConfigFiles, loadConfig } from './load-config.js'
import { policySchema } from './policy-schema.js'
import { readConfig } from './read-config.js'
import { clientSettings, serverSettings } from './role-settings.js'
import { configSchema } from './schema.js'
import { showConfig, showSettings } from './show-config.js'
import { processFlags, roleFlags, roleSections } from './structure.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'))
  writeFileSync(join(folder, 'secret'), 'from_file\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('readConfig refuses a secret file of random bytes, which as text would lose most of them', () => {
  writeFileSync(join(folder, 'random'), Buffer.from('ff00fe80', 'hex'))
  const path = join(folder, 'c.yaml')
  const text = 'servers: {main: {token: "file:random"}}'
  expect(() => readConfig(path, text, {})).toThrow(
    `servers.main.token: ${join(folder, 'random')} has bytes that are not UTF-8`,
  )
})

test('loadConfig names for a file that does not exist the commands that read or print one', () => {
  expect(() => loadConfig(join(folder, 'none.yaml'), {})).toThrow(
    /none\.yaml:1:1: there is no such file; "linksocks run -c FILE" reads another, "linksocks config from-flags /,
  )
})

describe('the table of flags', () => {
  const keys = new Set([
    ...processFlags().map(({ name }) => name),
    ...roleSections.flatMap(({ kind }) => roleFlags(kind).map(({ name }) => name)),
  ])

  test('has a key for every flag of a role', () => {
    const rows = (flags as readonly Flag[]).filter(({ commands, ignored, section }) => {
      return (
        ignored === undefined &&
        section !== 'Help' &&
        commands.some(
          (name) =>
            ![
              'demo',
              'run',
              'check-config',
              'config',
              'status',
              'top',
              'token',
              'ports',
              'nodes',
              'doctor',
              'drain',
              'restart',
              'log-level',
            ].includes(name),
        )
      )
    })
    // An entry of `providers` is always reverse.
    expect(rows.map(({ name }) => name).filter((name) => !keys.has(name))).toEqual([])
  })

  test('is what spec/config.schema.json was made from: `linksocks config schema`', () => {
    const file = JSON.parse(readFileSync(join(root, 'spec/config.schema.json'), 'utf8')) as unknown
    expect(configSchema()).toEqual(file)
  })
})

describe('policySchema', () => {
  test('has the keys of the management API', () => {
    const { components } = JSON.parse(readFileSync(join(root, 'spec/openapi.json'), 'utf8')) as {
      components: { schemas: { Policy: object } }
    }
    expect(keysOf(policySchema)).toEqual(keysOf(components.schemas.Policy))
  })
})

describe('exposedConfigFiles', () => {
  test('warns of a file of secrets that others can read', () => {
    chmodSync(join(folder, 'secret'), 0o644)
    const file = readConfig(join(folder, 'f.yaml'), 'servers: {a: {token: "file:secret"}}', {})
    expect(exposedConfigFiles(file)).toEqual([expect.stringContaining(join(folder, 'secret'))])
  })

  test('does not warn of a file that only its owner can read', () => {
    chmodSync(join(folder, 'secret'), 0o600)
    expect(exposedConfigFiles(readConfig(join(folder, 'f.yaml'), 'servers: {a: {token: "file:secret"}}', {}))).toEqual(
      [],
    )
  })
})

describe('readConfig', () => {
  test('reads a policy of a token as a map', () => {
    // oxlint-disable-next-line no-template-curly-in-string -- the file's own references look so
    const policy = '{allow: ["${HOST}:1"], maxLinks: 2}'
    const text = `servers: {a: {tokens: [{token: t, policy: ${policy}}]}}`
    const [role] = readConfig('f.yaml', text, { HOST: 'b.test' }).roles
    expect(role?.tokens[0]?.values.get('policy')?.value).toBe('{"allow":["b.test:1"],"maxLinks":2}')
  })

  test('reads a policy from another file', () => {
    writeFileSync(join(folder, 'policy.json'), '{"guard":"private"}')
    const text = 'servers: {a: {token: t, policy: "@policy.json"}}'
    const [role] = readConfig(join(folder, 'f.yaml'), text, {}).roles
    expect(role?.values.get('policy')?.value).toBe('{"guard":"private"}')
  })

  test('shows all mistakes of a policy', () => {
    const text = 'servers: {a: {token: t, policy: {allow: [foo], maxLinks: -1, hours: {open: [x]}, alow: 1}}}'
    const places = problemsOf([text]).map((line) => line.split(': ')[1])
    expect(places).toEqual(['allow', 'maxLinks', 'hours.open', 'alow'].map((key) => `servers.a.policy.${key}`))
  })

  test('shows the place of a mistake in a policy', () => {
    const token = ['servers:', '  a:', '    tokens:', '      - token: t', '        policy:']
    expect({
      rate: problemsOf([...token, '          rate:', '            up: fast']),
      key: problemsOf([...token, '          alow: [x]'])[0]?.slice(0, 60),
      zone: problemsOf([...token, '          hours: {zone: X/Y}'])[0]?.slice(0, 60),
    }).toEqual({
      rate: [
        'f.yaml:7:17: servers.a.tokens[0].policy.rate.up: is "fast"; it must be a number of bytes, or a text such as 10Mbit or 1.5GB',
      ],
      key: 'f.yaml:6:17: servers.a.tokens[0].policy.alow: is no key here',
      zone: 'f.yaml:6:25: servers.a.tokens[0].policy.hours.zone: is not v',
    })
  })

  test('shows all mistakes, each with its place', () => {
    expect(problemsOf(['log-levle: info', 'servers:', '  a:', '    wsPort: 1', '    ws-port: 70000', 'x: 1'])).toEqual([
      "f.yaml:1:1: log-levle: unknown key 'log-levle'; did you mean log-level or log-file?",
      "f.yaml:4:5: servers.a.wsPort: unknown key 'wsPort'; did you mean ws-port?",
      "f.yaml:5:14: servers.a.ws-port: is '70000'; it must be a whole number from 0 to 65535",
      "f.yaml:6:1: x: unknown key 'x'",
    ])
  })

  test.each([
    [['servers: []'], 'f.yaml:1:10: servers: must be a map: the name of each server, then its keys'],
    [
      ['servers: {a: {url: x}}'],
      'f.yaml:1:15: servers.a.url: is no key here; it belongs to clients, providers, connectors',
    ],
    [['servers: {a: {tokens: x}}'], 'f.yaml:1:23: servers.a.tokens: must be a list, each entry with a token'],
    [['servers: {a: {tokens: [{}]}}'], 'f.yaml:1:24: servers.a.tokens[0]: needs the key token'],
    [['clients: {a: {url: [b]}}'], 'f.yaml:1:20: clients.a.url: must be a single value: no list, no map, not empty'],
    [['clients: {a: {token: }}'], 'f.yaml:1:22: clients.a.token: must be a single value: no list, no map, not empty'],
    [[`clients: {a: {token: "\${NONE}"}}`], 'f.yaml:1:22: clients.a.token: the environment has no variable NONE'],
    [
      ['clients: {a: {}}', 'servers: {a: {}}'],
      'f.yaml:2:11: servers.a: the name is taken by clients.a; each role has its own',
    ],
    [
      ['clients: {"a b": {}}'],
      'f.yaml:1:11: clients.a b: the name has 1 to 64 letters, digits, dots, dashes or underscores',
    ],
    [['clients: {a: {threads: 1, threads: 2}}'], 'f.yaml:1:27: the map has the key "threads" already, in line 1'],
    [
      ['clients:', '  a:', '    threads: 1', '    url: ws://h', '    threads: 2'],
      'f.yaml:5:5: the map has the key "threads" already, in line 3',
    ],
    [
      [`clients: {a: {${'k'.repeat(80)}: 1, ${'k'.repeat(80)}: 2}}`],
      `f.yaml:1:100: the map has the key "${'k'.repeat(64)}…" already, in line 1`,
    ],
    [[''], 'f.yaml:1:1: names nothing to run: it needs one of servers, clients, providers, connectors'],
  ])('refuses %j', (lines, message) => {
    const [first] = problemsOf(lines)
    expect(first).toBe(message)
  })

  test('never shows a secret', () => {
    const text = problemsOf([`clients: {a: {token: ${'s3cr3t'.repeat(60)}}}`]).join('\n')
    expect({ hasLength: text.includes('360 bytes'), hasSecret: text.includes('s3cr3t') }).toEqual({
      hasLength: true,
      hasSecret: false,
    })
  })

  test.each([
    [`\${TOKEN}`, 'from_variable'],
    [`a-\${TOKEN}`, 'a-from_variable'],
    [`$\${TOKEN}`, `\${TOKEN}`],
    ['file:secret', 'from_file'],
    ['credential:secret', 'from_file'],
    ['0123', '0123'],
  ])('reads the token %s', (written, token) => {
    expect(clientSettings(first(`clients: {a: {token: '${written}'}}`)).token).toBe(token)
  })

  test('reads file: only where a secret stands', () => {
    expect(clientSettings(first('clients: {a: {socks-username: file:secret}}')).socksUsername).toBe('file:secret')
  })

  test('takes the token out of the URL', () => {
    expect(clientSettings(first('clients: {a: {url: ws://t@h/}}'))).toMatchObject({ url: 'ws://h/', token: 't' })
  })

  test('reads JSON', () => {
    expect(serverSettings(first('{"servers": {"a": {"ws-port": 1, "reverse": true, "grace": "5s"}}}'))).toMatchObject({
      wsPort: 1,
      reverse: true,
      grace: 5000,
    })
  })

  test('throws only ConfigError, for any text', () => {
    const word = fc.constantFrom(
      'servers',
      'clients',
      'tokens',
      ': ',
      '{',
      '}',
      '[',
      ']',
      '\n  ',
      '- ',
      '*a',
      '&a',
      '!!x',
      'token',
      '"',
      String.raw`\${`,
      '|',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.oneof(word, fc.string())).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (each) => {
        try {
          return readConfig('f.yaml', each, {}).roles.length > 0
        } catch (error) {
          return error instanceof ConfigError
        }
      }),
    )
  })
})

describe('checkRoles', () => {
  test.each([
    ['servers: {a: {socks-username: bob}}', 'f.yaml:1:31: servers.a.socks-username: needs socks-password as well'],
    [
      "clients: {a: {forward: '80'}}",
      expect.stringMatching(/^f\.yaml:1:24: clients\.a\.forward: "80" is no fixed port/),
    ],
    [
      'servers: {a: {tokens: [{token: x, policy: {name: ada}}, {token: y, policy: {name: ada}}]}}',
      'f.yaml:1:76: servers.a.tokens[1].policy.name: "ada" is the name of servers.a.tokens[0] already; each token has its own',
    ],
    ['servers: {a: {token: x, tokens: [{token: x}]}}', 'f.yaml:1:11: servers.a: token already exists'],
    [
      'servers: {a: {tokens: [{token: x, reverse: true, socks-port: 8765}]}}',
      'f.yaml:1:62: servers.a.tokens[0].socks-port: port 8765 is that of another part of this server',
    ],
    ['clients: {a: {heartbeat: 9s, heartbeat-deadline: 9s}}', expect.stringContaining('clients.a.heartbeat')],
    [
      'clients: {a: {token: x}, b: {token: x, socks-host: 0.0.0.0, socks-port: 9870}}',
      'f.yaml:1:73: clients.b.socks-port: port 9870 is that of clients.a already; each role has its own',
    ],
    [
      'servers: {a: {token: x}, b: {token: x, ws-host: 127.0.0.1}}',
      'f.yaml:1:26: servers.b.ws-port: port 8765 is that of servers.a already; each role has its own',
    ],
    [
      "servers: {a: {access-rule: '10.0.0.0/33:22'}}",
      'f.yaml:1:28: servers.a.access-rule: the access rule "10.0.0.0/33:22" has a prefix length of 33; it must be from 0 to 32',
    ],
  ])('finds what is wrong with %s', async (text, message) => {
    const error = (await checkRoles(read(text)).catch((thrown: unknown) => thrown)) as Error
    expect(error.message.replaceAll(`${folder}/`, '')).toEqual(message)
  })

  test.each([
    'servers: {a: {token: x, ws-host: 127.0.0.1}, b: {token: x, ws-host: 127.0.0.2}}',
    'servers: {a: {token: x, ws-port: 0}, b: {token: x, ws-port: 0}}',
    'clients: {a: {token: x}, b: {token: x, socks-listen: 127.0.0.1:9871}}',
    'clients: {a: {token: x}}\nproviders: {b: {token: x}}',
  ])('takes ports that do not collide: %s', async (text) => {
    await expect(checkRoles(read(text))).resolves.toBeUndefined()
  })

  test('takes what the guide shows', async () => {
    const page = readFileSync(join(root, 'docs/guide/configuration.md'), 'utf8')
    const files = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
    for (const text of files) await checkRoles(readConfig('f.yaml', text, { LINKSOCKS_TOKEN: 'x' }))
    expect(files.length).toBeGreaterThan(0)
  })
})

describe('showConfig', () => {
  test('names the origin of each value, and hides secrets', () => {
    const text = showConfig(
      read(`servers: {a: {token: '\${TOKEN}', upstream-proxy: ['http://u:pass1@h']}}`),
      new Redactor(),
    ).replaceAll(`${folder}/`, '')
    expect(text).toContain(`    token: '[hidden]' # f.yaml:1, \${TOKEN}\n`)
    expect(text).toContain('    ws-port: 8765 # default\n')
    expect(text).toContain("    upstream-proxy: ['http://[redacted]@h'] # f.yaml:1\n")
  })
})

describe('a short file whose aliases name more than', () => {
  const tokens = Array.from({ length: 9000 }, (_none, index) => `{token: t${index}}`)
  const named = (count: number, value: string): string =>
    Array.from({ length: count }, (_none, index) => `  s${index}: ${value}`).join('\n')

  test('the tokens of all servers is refused', () => {
    const text = `servers:\n  first: {tokens: &t [${tokens.join(', ')}]}\n${named(200, '{tokens: *t}')}`
    expect(problemsOf([text])[0]).toContain('and all servers have 40000 at most')
  })

  test('256 roles is refused before they are read', () => {
    expect(problemsOf([`servers:\n${named(300, '{<<: 1}')}`])).toEqual([
      'f.yaml:2:3: servers: has 300 roles; the limit is 256',
    ])
  })
})

describe('showSettings', () => {
  const many = Array.from({ length: 500 }, (_none, index) => ({ token: `token${index}` }))

  test('takes a step for each token, so that other work can go on', () => {
    const steps = showSettings(read(JSON.stringify({ servers: { a: { tokens: many } } })), new Redactor())
    expect([...steps].length).toBeGreaterThanOrEqual(many.length)
  })

  test.each(["it's", '', ' x ', "''", '#: [a, b] \\n', 'ü', 'two\nlines', '\u0007', '\ud83d\ude00'])(
    'quotes %j so that YAML reads the same',
    (name) => {
      const file = read(JSON.stringify({ servers: { a: { 'ws-host': `h${name}` } } }))
      const shown: unknown = parse(doSteps(showSettings(file, new Redactor())))
      expect(shown).toHaveProperty(['servers', 'a', 'ws-host'], `h${name}`)
    },
  )
})

describe('checkFile', () => {
  test('shows mistakes of single keys and of how keys go together in one round', async () => {
    const path = join(folder, 'all.yaml')
    const roles = ['a: {ws-port: many, socks-username: bob}', 'b: {socks-username: eve}']
    writeFileSync(path, `servers:\n  ${roles.join('\n  ')}\n`)
    const error = (await checkFile(path, {}).catch((thrown: unknown) => thrown)) as Error
    const lines = error.message.split('\n').map((line) => line.replace(path, ''))
    expect(lines.map((line) => line.split(': ')[1])).toEqual([
      'servers.a.ws-port',
      'servers.a.socks-username',
      'servers.b.socks-username',
    ])
  })

  test.each([
    ['clients: {a: {url: "ftp://x", forward: [x, y], metrics: z}}', ['url', 'forward', 'forward', 'metrics']],
    ['servers: {a: {ws-port: many, allow-ports: "10-1", metrics: z}}', ['ws-port', 'allow-ports', 'metrics']],
  ])('shows all mistakes of the role in %s in one round', async (text, keys) => {
    const path = join(folder, 'role.yaml')
    writeFileSync(path, text)
    const error = (await checkFile(path, {}).catch((thrown: unknown) => thrown)) as Error
    const found = error.message.split('\n').map((line) => line.split(': ')[1]?.split('.').at(-1))
    expect(found).toEqual(keys)
  })
})

describe('fileFromFlags', () => {
  test.each([
    'server -t my_token -r -p 9870 --heartbeat 1500ms -x http://h -x http://i --qr',
    `client -u ws://h -t \${TOKEN} --without resume -R`,
    'provider -u ws://h -t 012',
  ])('writes a file that says the same as %s', (line) => {
    const run = parseCommandLine(line.split(' '), {}) as RoleRun
    const role = readConfig('f.yaml', fileFromFlags(run), {}).roles[0]
    if (role === undefined) throw new Error('no role')
    const settings = role.kind === 'server' ? serverSettings(role) : clientSettings(role)
    expect(settings).toEqual(run.command === 'provider' ? { ...run.settings, reverse: true } : run.settings)
  })
})

function read(text: string) {
  return readConfig(join(folder, 'f.yaml'), text, {
    TOKEN: 'from_variable',
    CREDENTIALS_DIRECTORY: folder,
  })
}

function first(text: string) {
  const [role] = read(text).roles
  if (role === undefined) throw new Error('no role')
  return role
}

/** All keys of a schema of an object, with those of the objects within. */
function keysOf(schema: { properties?: Record<string, object> }): unknown {
  const { properties } = schema
  if (properties === undefined) return undefined
  return Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, keysOf(each)]))
}

function problemsOf(lines: readonly string[]): readonly string[] {
  try {
    readConfig('f.yaml', lines.join('\n'), {})
  } catch (error) {
    return (error as Error).message.split('\n')
  }
  return []
}
