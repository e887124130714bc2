import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { commands } from '../command-table.js'
import { UsageError } from '../errors.js'
import { flags } from '../flags.js'
import { parseCommandLine, type Run, type RunOf } from './command-line.js'

describe('parseCommandLine', () => {
  test.each(commands)('knows the command $name', ({ name, argument }) => {
    const words = argument === undefined ? [] : [argument.choices?.[0] ?? 'host:1']
    expect(() => parseCommandLine([name, ...words], {})).not.toThrow()
  })

  test('does not treat the host of a URL without a scheme as a secret', () => {
    const { secrets } = parseCommandLine(['client', '-u', 'localhost:19999'], {}) as Run
    expect(secrets).toEqual(['wss://localhost:19999'])
  })

  test.each([
    ['ws://::1:8765', []],
    ['wss://user:pw@::1/socket?token=abc', ['user:pw', 'token=abc']],
    ['user:pw@::1', ['user:pw']],
  ])('hides no more of the mistyped URL %j than may be secret', (url, expected) => {
    const { secrets } = parseCommandLine(['client', '-u', url], {}) as Run
    expect(secrets).toEqual(expected)
  })

  test('warns of a token that ends with a line break', () => {
    const { warnings } = parseCommandLine(['client', '-t', 'secret\n'], {}) as Run
    expect(warnings).toEqual(['--token (-t) begins or ends with white space, which counts as a part of it'])
  })

  test.each([
    ['"secret"', ['--token (-t) is in quotation marks, which count as a part of it']],
    ["'secret'", ['--token (-t) is in quotation marks, which count as a part of it']],
    ['"secret', []],
    ['"', []],
  ])('warns of quotation marks around the token %s', (token, expected) => {
    expect((parseCommandLine(['client'], { LINKSOCKS_TOKEN: token }) as Run).warnings).toEqual(expected)
  })

  test('shows the order of the words where a command stands behind another', () => {
    expect(() => parseCommandLine(['server', 'version'], {})).toThrow(
      "unexpected argument 'version'; the command comes first: linksocks version",
    )
  })

  test.each(['localhost:8765', 'server.example'])('says how a URL begins where %s was given', (place) => {
    expect(() => parseCommandLine(['client', place], {})).toThrow(
      `unexpected argument '${place}'; the server's URL begins with wss://, or with ws:// for a server without TLS`,
    )
  })

  test.each([
    [[], 'completion needs the name of a shell: bash, zsh, fish, powershell'],
    [['tcsh'], "no completion for the shell 'tcsh'; there is bash, zsh, fish, powershell"],
    [['bash', 'zsh'], "unexpected argument 'zsh'"],
  ])('says of completion %j: %s', (words, message) => {
    expect(() => parseCommandLine(['completion', ...words], {})).toThrow(message)
  })

  test('asks for every flag of one command with help COMMAND --all', () => {
    const asked = { kind: 'help', command: 'client', scope: 'all', asked: true }
    expect(parseCommandLine(['help', 'client', '--all'], {})).toEqual(asked)
  })

  test('fills in the defaults of the deployed server', () => {
    expect(server([])).toMatchObject({
      wsHost: '0.0.0.0',
      wsPort: 8765,
      token: undefined,
      reverse: false,
      connectorToken: [],
      connectorAutonomy: false,
      connectorWaitProvider: 5000,
      apiKey: undefined,
      socksHost: '127.0.0.1',
      socksPort: 9870,
      socksUsername: undefined,
      socksPassword: undefined,
      socksListen: [],
      account: [],
      accountFile: undefined,
      inbound: 'auto',
      httpTransparent: false,
      httpMaxHead: 65_536,
      socksNowait: false,
      udpAdvertise: undefined,
      upstreamProxy: [],
      route: [],
      upstreamHeader: [],
      accessRule: [],
      fastOpen: false,
      bufferSize: [],
      batching: 'auto',
      noBatching: false,
      compressionThreshold: 524_288,
      debug: 0,
      logLevel: undefined,
      logFormat: 'auto',
      help: false,
      directEnable: false,
      directRendezvousUdp: false,
      directRendezvousHost: undefined,
      directRendezvousPort: 0,
    })
  })

  test('fills in the defaults of the deployed client', () => {
    expect(client([])).toMatchObject({
      url: 'ws://localhost:8765',
      token: undefined,
      reverse: false,
      noReconnect: false,
      retryAuth: false,
      threads: 1,
      noEnvProxy: false,
      socksHost: '127.0.0.1',
      socksPort: 9870,
    })
  })

  test('reads every short flag of the deployed server', () => {
    const argv = '-H ::1 -P 1 -t t -c c -a -b 4096 -r -s ::2 -p 2 -n n -w w -i -d -k k -x socks5://h -f'
    expect(server(argv.split(' '))).toMatchObject({
      wsHost: '::1',
      wsPort: 1,
      token: 't',
      connectorToken: ['c'],
      connectorAutonomy: true,
      bufferSize: ['4096'],
      reverse: true,
      socksHost: '::2',
      socksPort: 2,
      socksUsername: 'n',
      socksPassword: 'w',
      socksNowait: true,
      debug: 1,
      apiKey: 'k',
      upstreamProxy: ['socks5://h'],
      fastOpen: true,
    })
  })

  test('reads every short flag of the deployed client', () => {
    const argv = '-t t -u ws://h -r -c c -s ::2 -p 2 -n n -w w -i -R -d -T 3 -x socks5://h -f -E'
    expect(client(argv.split(' '))).toMatchObject({
      token: 't',
      url: 'ws://h',
      reverse: true,
      connectorToken: ['c'],
      socksHost: '::2',
      socksPort: 2,
      socksUsername: 'n',
      socksPassword: 'w',
      socksNowait: true,
      noReconnect: true,
      debug: 1,
      threads: 3,
      upstreamProxy: ['socks5://h'],
      fastOpen: true,
      noEnvProxy: true,
    })
  })

  test.each(['-p 1080', '-p1080', '-p=1080', '--socks-port 1080', '--socks-port=1080', '-Rp 1080', '-p 1 -p 1080'])(
    'reads the port from %s',
    (line) => {
      expect(client(line.split(' ')).socksPort).toBe(1080)
    },
  )

  test.each(['-dd', '-d -d', '-ddddd', '--debug --debug', '--debug=2', '-d=2'])('counts %s as trace', (line) => {
    expect(client(line.split(' ')).debug).toBe(2)
  })

  test.each([
    ['--reverse', true],
    ['--reverse=true', true],
    ['--reverse=false', false],
    ['--reverse --no-reverse', false],
    ['--no-reverse -r', true],
  ])('reads %s as reverse %s', (line, reverse) => {
    expect(client(line.split(' ')).reverse).toBe(reverse)
  })

  test('takes --no-reconnect back with --reconnect', () => {
    expect(client(['-R', '--reconnect']).noReconnect).toBe(false)
  })

  test.each(['--socks-nowait', '--socks-no-wait', '-i'])('knows %s', (flag) => {
    expect(client([flag]).socksNowait).toBe(true)
  })

  test('says that of a value given twice the last counts', () => {
    const { settings, warnings } = run(['client', '-p', '1', '-p', '2'])
    expect({ settings, warnings }).toMatchObject({
      settings: { socksPort: 2 },
      warnings: ['--socks-port (-p) is given more than once; the last value counts'],
    })
  })

  test.each([
    [['client', '-p', '1', '-p', '1']],
    [['client', '-d', '-d']],
    [['client', '--forward', '1=a:1', '--forward', '2=b:2']],
  ])('says nothing of %j, where no value is lost', (argv) => {
    expect(run(argv).warnings).toEqual([])
  })

  test.each([
    [['server', '-p', '9870'], {}],
    [['server'], { LINKSOCKS_SOCKS_PORT: '1' }],
  ])('says that %j with %j opens no proxy port', (argv, environment) => {
    expect(run(argv, environment).warnings).toEqual([
      '--socks-port (-p) has no effect without --reverse (-r): clients open the proxy port, with their own -p; ' +
        '--socks-listen opens one at the server',
    ])
  })

  test.each([
    [
      ['token', 'add'],
      { LINKSOCKS_TOKEN: 'a' },
      ['the text of the token is that of LINKSOCKS_TOKEN; without the variable it is generated'],
    ],
    [['token', 'add', '-t', 'b'], { LINKSOCKS_TOKEN: 'a' }, []],
    [['token', 'list'], { LINKSOCKS_TOKEN: 'a' }, []],
  ])('says of %j with %j that the variable names the token', (argv, environment, warnings) => {
    expect(run(argv, environment).warnings).toEqual(warnings)
  })

  test.each([[['server', '-r', '-p', '1']], [['server']], [['client', '-p', '1']]])(
    'says nothing of the proxy port of %j',
    (argv) => {
      expect(run(argv).warnings).toEqual([])
    },
  )

  test('gathers a repeated list in order', () => {
    expect(server(['-x', 'http://a', '--upstream-proxy=http://b']).upstreamProxy).toEqual(['http://a', 'http://b'])
  })

  test('reads a duration into milliseconds', () => {
    expect(server(['--connector-wait-provider', '1m1.5s']).connectorWaitProvider).toBe(61_500)
  })

  test('takes a value that begins with a dash when it is joined by =', () => {
    expect(client(['--token=-x']).token).toBe('-x')
  })

  test('treats nothing behind -- as a flag', () => {
    expect(() => client(['--', '--reverse'])).toThrow("unexpected argument '--reverse'")
  })

  test('lists every secret it was given', () => {
    const argv = ['server', '-t', 'T1', '-c', 'C1', '-c', 'C2', '-w', 'W1', '-n', 'n', '-x', 'socks5://u:p@h']
    expect(run(argv, { LINKSOCKS_API_KEY: 'K1' }).secrets.toSorted()).toEqual(
      ['C1', 'C2', 'K1', 'T1', 'W1', 'socks5://u:p@h'].toSorted(),
    )
  })

  test('warns about flags without effect, once', () => {
    expect(run(['server', '--buffer-size', '1', '--buffer-size', '2']).warnings).toEqual([
      expect.stringMatching(/^without effect: --buffer-size \(/),
    ])
  })

  test('does not warn about the direct mode being turned off', () => {
    expect(run(['client', '--direct-mode', 'disable']).warnings).toEqual([])
  })

  test('throws only UsageError, for any arguments', () => {
    const flagNames = flags.flatMap((flag) => [`--${flag.name}`, ...('short' in flag ? [`-${flag.short}`] : [])])
    const argument = fc.oneof(
      fc.constantFrom(...flagNames, '--', '-', '', '--no-', '--=', '-=', '--__proto__', '--constructor=1', '-dd'),
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.constantFrom(...flagNames), fc.string()).map(([flag, value]) => `${flag}=${value}`),
    )
    const first = fc.oneof(fc.constantFrom(...commands.map(({ name }) => name)), argument)
    const environment = fc.dictionary(
      fc.constantFrom('LINKSOCKS_MODE', 'LINKSOCKS_SOCKS_PORT', 'LINKSOCKS_DEBUG', 'LINKSOCKS_TOKN', '__proto__'),
      fc.string(),
    )
    const kinds = new Set<string>(['run', 'config', 'help', 'completion', 'version'])
    fc.assert(
      fc.property(first, fc.array(argument), environment, (command, rest, variables) => {
        try {
          return kinds.has(parseCommandLine([command, ...rest], variables).kind)
        } catch (error) {
          return error instanceof UsageError && !error.message.includes('\n')
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('parseCommandLine, of configuration files,', () => {
  test.each([
    ['check-config -c a.yaml', { action: 'check', file: 'a.yaml' }],
    ['config show --config=a.yaml', { action: 'show', file: 'a.yaml' }],
    ['check-config a.yaml', { action: 'check', file: 'a.yaml' }],
    ['check-config', { action: 'check', file: 'linksocks.yaml' }],
    ['config show a.yaml', { action: 'show', file: 'a.yaml' }],
    ['config schema', { action: 'schema' }],
    ['config from-flags server -t t', { action: 'from-flags', run: { command: 'server' } }],
    ['run -c a.yaml', { kind: 'run', settings: { config: 'a.yaml' } }],
  ])('reads %s', (line, expected) => {
    expect(parseCommandLine(line.split(' '), {})).toMatchObject(expected)
  })

  test('takes the file from the environment', () => {
    expect(parseCommandLine(['config', 'show'], { LINKSOCKS_CONFIG: 'b.yaml' })).toMatchObject({ file: 'b.yaml' })
  })

  test.each([
    ['config', 'config needs one of: show, from-flags, schema'],
    ['config shwo', "config has no 'shwo', but show, from-flags, schema; did you mean show?"],
    ['config schema x', "unexpected argument 'x'"],
    ['check-config a b', "unexpected argument 'b'"],
    ['check-config -c a b', "unexpected argument 'b'"],
    ['config schema -c a', "unexpected argument 'a'"],
    ['config from-flags', 'config from-flags needs a command line: linksocks config from-flags server -t …'],
    ['config from-flags demo', 'config from-flags takes a server, client, provider or connector with its flags'],
  ])('refuses %s', (line, message) => {
    expect(() => parseCommandLine(line.split(' '), {})).toThrow(new UsageError(message))
  })
})

describe('parseCommandLine on mistakes', () => {
  test.each([
    ['server --sock-port 1', 'unknown flag --sock-port; did you mean --socks-port or --socks-host?'],
    ['server --port 1', 'unknown flag --port; did you mean --ws-port or --socks-port?'],
    ['client --xyzzy', 'unknown flag --xyzzy'],
    ['client -H h', 'client has no flag -H; it belongs to server'],
    ['client -z', 'unknown flag -z'],
    ['serve', "unknown command 'serve'; did you mean server?"],
    ['man', "unknown command 'man'; the manual page is printed by: linksocks help --man"],
    ['server now', "unexpected argument 'now'"],
    ['run f.yaml', "unexpected argument 'f.yaml'; the file follows --config (-c)"],
    ['server -p 65536', "--socks-port (-p) is '65536'; it must be a whole number from 0 to 65535"],
    ['server -p -1', "--socks-port (-p) is '-1'; it must be a whole number from 0 to 65535"],
    ['server -p 1e3', "--socks-port (-p) is '1e3'; it must be a whole number from 0 to 65535"],
    ['client -T 0', "--threads (-T) is '0'; it must be a whole number from 1 to 64"],
    ['client -t', '--token (-t) needs a value'],
    [
      'client -t -u x',
      '--token (-t) needs a value, but the next argument looks like a flag; if it is the value, write --token=VALUE',
    ],
    ['client --token=', '--token (-t) is empty; give it a value or leave it out'],
    ['client --reverse=maybe', "--reverse (-r) is 'maybe'; it must be true or false"],
    ['client --debug=much', "--debug (-d) is 'much'; it must be a number from 0 to 2"],
    ['client -r=maybe', "--reverse (-r) is 'maybe'; it must be true or false"],
    ['client --log-format xml', "--log-format is 'xml'; it must be one of auto, human, json"],
    [
      'server --connector-wait-provider 5',
      "--connector-wait-provider is '5'; it must be a time with its unit, such as 500ms, 5s or 1m30s, from 0 to 600 s",
    ],
    ['-p 1 server', 'the command comes before its flags: linksocks server -p …'],
  ])('says of %s: %s', (line, message) => {
    expect(() => parseCommandLine(line.split(' '), {})).toThrow(new UsageError(message))
  })

  test('names the length of a secret that is too long, not the secret', () => {
    expect(() => client(['-t', 'x'.repeat(256)])).toThrow(
      new UsageError('--token (-t) has 256 bytes; at most 255 are allowed'),
    )
  })
})

describe('parseCommandLine on requests for help', () => {
  test.each(['--help', '-h'])('explains the commands for %s', (flag) => {
    expect(parseCommandLine([flag], {})).toEqual({ kind: 'help', command: undefined, scope: 'command', asked: true })
  })

  test.each(['server --help --all', 'server -h --all', 'server --all -p x --help', 'help server --all'])(
    'explains every flag of the command for %s',
    (line) => {
      expect(parseCommandLine(line.split(' '), {})).toMatchObject({ kind: 'help', command: 'server', scope: 'all' })
    },
  )

  test('explains every flag of every command for --help --all', () => {
    expect(parseCommandLine(['--help', '--all'], {})).toMatchObject({ kind: 'help', command: undefined, scope: 'all' })
  })

  test.each(['server --help', 'server -h', 'server --bogus -p x --help', 'help server'])(
    'explains server for %s',
    (line) => {
      expect(parseCommandLine(line.split(' '), {})).toMatchObject({ kind: 'help', command: 'server', asked: true })
    },
  )

  test('shows the commands, unasked, when nothing was said', () => {
    expect(parseCommandLine([], {})).toMatchObject({ kind: 'help', asked: false })
  })

  test.each(['--version', '-V', 'version'])('reads %s', (word) => {
    expect(parseCommandLine([word], {})).toEqual({ kind: 'version' })
  })
})

describe('parseCommandLine with the environment', () => {
  test('takes a value from it', () => {
    expect(client([], { LINKSOCKS_SOCKS_PORT: '1' }).socksPort).toBe(1)
  })

  test('prefers the flag', () => {
    expect(client(['-p', '2'], { LINKSOCKS_SOCKS_PORT: '1' }).socksPort).toBe(2)
  })

  test('lets a flag take a variable back', () => {
    expect(client(['--no-fast-open'], { LINKSOCKS_FASTOPEN: 'true' }).fastOpen).toBe(false)
  })

  test('counts an empty variable as none', () => {
    expect(client([], { LINKSOCKS_SOCKS_PORT: '', LINKSOCKS_TOKEN: '' })).toMatchObject({
      socksPort: 9870,
      token: undefined,
    })
  })

  test.each([
    ['LINKSOCKS_WEBSOCKET_HOST', '::1', { wsHost: '::1' }],
    ['LINKSOCKS_WS_HOST', '::1', { wsHost: '::1' }],
    ['LINKSOCKS_WEBSOCKET_PORT', '1', { wsPort: 1 }],
    ['LINKSOCKS_FASTOPEN', '1', { fastOpen: true }],
    ['LINKSOCKS_FAST_OPEN', 'yes', { fastOpen: true }],
    ['LINKSOCKS_SOCKS_NO_WAIT', 'on', { socksNowait: true }],
    ['LINKSOCKS_CONNECTOR_TOKEN', 'a b', { connectorToken: ['a b'] }],
    ['LINKSOCKS_CONNECTOR_AUTONOMY', 'TRUE', { connectorAutonomy: true }],
    ['LINKSOCKS_UPSTREAM_PROXY', 'http://a  http://b', { upstreamProxy: ['http://a', 'http://b'] }],
    ['LINKSOCKS_DEBUG', '2', { debug: 2 }],
    ['LINKSOCKS_DEBUG', 'true', { debug: 1 }],
  ])('reads %s=%s', (name, value, expected) => {
    expect(server([], { [name]: value })).toMatchObject(expected)
  })

  test('names the variable of a wrong value', () => {
    expect(() => client([], { LINKSOCKS_SOCKS_PORT: 'x' })).toThrow(
      new UsageError("LINKSOCKS_SOCKS_PORT is 'x'; it must be a whole number from 0 to 65535"),
    )
  })

  test('runs the command that LINKSOCKS_MODE names, with the flags', () => {
    expect(run(['-p', '1'], { LINKSOCKS_MODE: 'connector' })).toMatchObject({
      command: 'connector',
      settings: { socksPort: 1 },
    })
  })

  test.each([
    ['Client', 'client'],
    [' forward ', 'client'],
    ['reverse', 'provider'],
  ])('runs for LINKSOCKS_MODE=%s the command %s', (mode, command) => {
    expect(run([], { LINKSOCKS_MODE: mode }).command).toBe(command)
  })

  test('reads a variable without the white space around it', () => {
    expect(client([], { LINKSOCKS_TOKEN: ' a b\n' }).token).toBe('a b')
  })

  test.each([
    ['[::1]', '::1'],
    ['[fe80::1%eth0]', 'fe80::1%eth0'],
    ['[::', '[::'],
    ['[host]', '[host]'],
  ])('reads the host %s as %s', (text, host) => {
    expect(server(['-H', text]).wsHost).toBe(host)
  })

  test('treats -r=false as --no-reverse', () => {
    expect(client(['-r', '-r=false']).reverse).toBe(false)
  })

  test('prefers the command given', () => {
    expect(run(['client'], { LINKSOCKS_MODE: 'server' }).command).toBe('client')
  })

  test('refuses an unknown mode', () => {
    expect(() => parseCommandLine([], { LINKSOCKS_MODE: 'relay' })).toThrow(
      new UsageError("LINKSOCKS_MODE is 'relay'; it must be one of server, client, provider, connector"),
    )
  })

  test('warns about a misspelt variable', () => {
    expect(run(['client'], { LINKSOCKS_TOKN: 'x' }).warnings).toEqual([
      'unknown environment variable LINKSOCKS_TOKN; did you mean LINKSOCKS_TOKEN?',
    ])
  })

  test('ignores the variables that Kubernetes sets for a service called linksocks', () => {
    const variables = {
      LINKSOCKS_PORT: 'tcp://1',
      LINKSOCKS_SERVICE_HOST: '1',
      LINKSOCKS_SERVICE_PORT: '1',
      LINKSOCKS_PORT_8765_TCP_ADDR: '1',
    }
    expect(run(['client'], variables).warnings).toEqual([])
  })
})

function run(argv: readonly string[], environment: Record<string, string> = {}): Run {
  const invocation = parseCommandLine(argv, environment)
  if (invocation.kind !== 'run') throw new TypeError(`${argv.join(' ')} does not run`)
  return invocation
}

function server(argv: readonly string[], environment: Record<string, string> = {}) {
  return (run(['server', ...argv], environment) as RunOf<'server'>).settings
}

function client(argv: readonly string[], environment: Record<string, string> = {}) {
  return (run(['client', ...argv], environment) as RunOf<'client'>).settings
}

describe('parseCommandLine, of what people type by habit,', () => {
  test.each(['server --version', 'client -V', 'server -p 1 --version'])(
    'treats %s as the request for the version',
    (line) => {
      expect(parseCommandLine(line.split(' '), {})).toEqual({ kind: 'version' })
    },
  )

  test.each([
    [
      '--config x',
      'linksocks server|client|provider|connector|connect|demo|run|token --config …; a configuration file is for another',
    ],
    [
      '--config x server',
      'linksocks server --config …; a configuration file is for another command: linksocks run -c FILE',
    ],
    ['--config=x server', 'linksocks run -c FILE'],
    ['server --config x', 'server has no flag --config; it belongs to run'],
    ['-t x server', 'the command comes before its flags: linksocks server -t …'],
    ['server -v', 'more is logged with --debug (-d), and the version is --version (-V)'],
    ['server --verbose', 'more is logged with --debug (-d)'],
    ['server --quiet', 'less is logged with --log-level warn'],
    ['server version', 'the command comes first: linksocks version'],
    ['server help', 'the command comes first: linksocks help'],
  ])('tells what to write instead of %s', (line, hint) => {
    expect(() => parseCommandLine(line.split(' '), {})).toThrow(hint)
  })
})

describe('parseCommandLine, of a URL with a token in it,', () => {
  test.each([
    ['client wss://tok%40en@host:1/'],
    ['client -u wss://tok%40en@host:1/'],
    ['connector --url=wss://tok%40en@host:1/ -t tok@en'],
  ])('takes URL and token apart: %s', (line) => {
    const { settings, secrets } = parseCommandLine(line.split(' '), {}) as RunOf<'client'>
    expect({ url: settings.url, token: settings.token, isSecret: secrets.includes('tok@en') }).toEqual({
      url: 'wss://host:1/',
      token: 'tok@en',
      isSecret: true,
    })
  })

  test('takes it from the environment', () => {
    const { settings } = parseCommandLine(['provider'], { LINKSOCKS_URL: 'wss://tok@host/' }) as RunOf<'provider'>
    expect(settings.token).toBe('tok')
  })

  test.each([
    ['client wss://tok@host/ -t other', 'the URL has a token, and --token (-t) is another one'],
    ['client wss://host/ -u wss://host/', 'the URL of the server is given twice'],
    ['client wss://host/ wss://host/', "unexpected argument 'wss://host/'"],
    ['client host', "unexpected argument 'host'"],
    ['server wss://host/', "unexpected argument 'wss://host/'"],
    [`client wss://${'a'.repeat(256)}@host/`, 'the token in the URL has 256 bytes; at most 255 are allowed'],
  ])('refuses %s', (line, message) => {
    expect(() => parseCommandLine(line.split(' '), {})).toThrow(message)
  })
})
