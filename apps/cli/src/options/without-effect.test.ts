import { describe, expect, test } from 'vitest'
import { parseCommandLine, type Run } from '../arguments/command-line.js'
import { defaultOf } from '../arguments/make-settings.js'
import type { RoleKind } from '../command.js'
import { plannedOptions } from '../commands/server.js'
import { fileWarnings } from '../config/checks/file-warnings.js'
import type { RoleConfig } from '../config/config-file.js'
import { readConfig } from '../config/read-config.js'
import { clientSettings, serverSettings } from '../config/role-settings.js'
import { roleFlags, roleSections } from '../config/structure.js'
import type { Flag } from '../flag.js'
import { flags, flagsOf } from '../flags.js'
import { flagExample } from '../help/flag-example.js'
import { durationText } from '../help/help.js'
import { planTokens } from '../tokens/server-tokens.js'
import { clientOptions } from './client-options.js'

const rows = flags as readonly Flag[]

/** Keys whose effect is outside the options of the libraries. */
const usedElsewhere = new Set(
  [
    // The process: its output, its end and what it serves besides.
    'log-file access-log drain-timeout metrics dashboard no-dashboard qr',
    // Parts that are opened before the server or the client.
    'state state-folder tls-self-signed tls-domain acme-directory acme-email acme-listen workers',
    'cluster-nats cluster-credentials cluster-secret cluster-listen cluster-address cluster-name cluster-replicas',
    'cluster-wait no-cluster-spread',
    'fingerprint browser-dialer',
    // Read when the server has its tokens.
    'expose',
  ].flatMap((names) => names.split(' ')),
)

describe('the configuration file', () => {
  const cases = roleSections.flatMap(({ key: section, kind }) =>
    roleFlags(kind)
      .filter(({ name }) => !usedElsewhere.has(name))
      .map((flag) => ({ section, kind, flag, name: flag.name })),
  )

  test.each(cases)('has in $section no key $name that changes nothing', ({ section, kind, flag }) => {
    const others = partnersOf(flag, kind)
    expect(optionsOf(section, { ...others, [flag.name]: otherValue(flag) })).not.toEqual(optionsOf(section, others))
  })

  test('refuses a key of another role by name', () => {
    expect(() => readConfig('f.yaml', 'providers: {a: {socks-port: 1080}}', {})).toThrow(
      'providers.a.socks-port: is no key here; it belongs to servers, clients, connectors',
    )
  })

  test.each([
    ['servers: {a: {token: t, socks-port: 1}}', 'servers.a: socks-port has no effect without reverse: '],
    ['servers: {a: {token: t, relay-keep: 1h}}', 'servers.a: relay-keep has no effect without relay'],
    [
      'servers: {a: {tokens: [{token: t, account: a:b}]}}',
      'servers.a.tokens[0]: account has no effect without reverse',
    ],
  ])('warns about a key that needs another one: %s', (text, warning) => {
    expect(fileWarnings(readConfig('none.yaml', text, {}))).toEqual([expect.stringContaining(warning)])
  })

  test('does not warn about the address of proxy ports that the tokens have', () => {
    const text = 'servers: {a: {socks-host: 10.0.0.1, tokens: [{token: t, reverse: true, socks-port: 1}]}}'
    expect(fileWarnings(readConfig('none.yaml', text, {}))).toEqual([])
  })
})

describe('a command line', () => {
  const unused = rows.flatMap((flag) =>
    Object.keys(flag.unusedBy ?? {})
      .filter((role) => flag.isReliedOn !== true && flag.commands.includes(role as RoleKind))
      .map((role) => ({ role: role as RoleKind, name: flag.name, flag })),
  )

  test.each(unused)('of a $role warns about --$name', ({ role, name, flag }) => {
    expect(warningsOf([role, ...exampleOf(flag)])).toEqual([
      expect.stringMatching(new RegExp(`^--${name}( \\(-\\w\\))? has no effect here: `)),
    ])
  })

  test('of a client with -r has the warnings of a provider', () => {
    expect(warningsOf(['client', '-r', '-p', '1'])).toEqual([
      '--socks-port (-p) has no effect here: a provider opens no proxy port',
    ])
  })

  test('of a server without -r warns about a login for no port', () => {
    expect(warningsOf(['server', '-n', 'ada', '-w', 'secret'])).toEqual([
      expect.stringMatching(/^--socks-username \(-n\) has no effect without --reverse/),
      expect.stringMatching(/^--socks-password \(-w\) has no effect without --reverse/),
    ])
  })

  test('of a server with a proxy port of its own does not warn about the login', () => {
    expect(warningsOf(['server', '--listen', '1080', '-n', 'ada', '-w', 'secret'])).toEqual([])
  })

  test('warns about a flag that needs another one', () => {
    expect(warningsOf(['server', '--acme-email', 'a@b.test'])).toEqual([
      '--acme-email has no effect without --tls-domain',
    ])
  })
})

test('each flag that another one needs belongs to the same commands', () => {
  const strays = rows.flatMap(({ needs, commands, name }) =>
    needs === undefined
      ? []
      : commands.filter((each) => !flagsOf(each).some((flag) => flag.name === needs)).map(() => name),
  )
  expect(strays).toEqual([])
})

/** What a role with these keys runs with, or the error that they cause. */
function optionsOf(section: string, keys: Record<string, unknown>): unknown {
  const { roles } = readConfig('f.yaml', JSON.stringify({ [section]: { main: keys } }), {})
  const [role] = roles as [RoleConfig]
  try {
    if (role.kind !== 'server') return clientOptions(clientSettings(role))
    const settings = serverSettings(role)
    return [plannedOptions({ settings }), planTokens({ settings })]
  } catch (error) {
    return error
  }
}

/** Keys without which the flag cannot have an effect. */
function partnersOf(flag: Flag, kind: RoleKind): Record<string, unknown> {
  const needed = rows.find(({ name, commands }) => name === flag.needs && commands.includes(kind))
  const isOfReverse = kind === 'server' && flag.perToken === true && !['token', 'reverse', 'policy'].includes(flag.name)
  return {
    ...(needed === undefined ? {} : { ...partnersOf(needed, kind), [needed.name]: otherValue(needed) }),
    ...(isOfReverse && { reverse: true }),
    ...(flag.name === 'socks-password' && { 'socks-username': 'ada' }),
  }
}

/** A valid value that is not the default. */
function otherValue(flag: Flag): unknown {
  if (flag.type === 'boolean') return true
  if (flag.type === 'integer') return flag.default === flag.max ? flag.min : flag.default + 1
  if (flag.type === 'duration') return durationText(flag.default === flag.max ? flag.min : flag.default + 1)
  const usual = defaultOf(flag)
  if ('choices' in flag && flag.choices !== undefined) return flag.choices.findLast((each) => each !== usual)
  const example = flagExample(flag).replace(/^\S+ '?(.*?)'?$/, '$1')
  return example === usual ? `${example}0` : example
}

/** The example of a flag as words of a command line. */
function exampleOf(flag: Flag): readonly string[] {
  return flag.type === 'boolean' ? [`--${flag.name}`] : [`--${flag.name}`, String(otherValue(flag))]
}

function warningsOf(argv: readonly string[]): readonly string[] {
  return (parseCommandLine(argv, {}) as Run).warnings
}
