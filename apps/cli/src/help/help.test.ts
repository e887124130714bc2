import { describe, expect, test } from 'vitest'
import { commands } from '../command-table.js'
import { usedFlags } from '../flags.js'
import { renderHelp, renderManual, renderOverview } from './help.js'

describe('renderOverview', () => {
  test('shows the commands', () => {
    expect(renderOverview({ columns: 80 })).toMatchInlineSnapshot(`
      "Carries proxy traffic over WebSocket.

      Usage: linksocks <command> [flags]

      Commands:
        server     Run the server that clients link to.
        client     Link to a server and open a proxy port here.
        provider   Let users of a server reach the network of this machine (client
                   -r).
        connector  Open a proxy port here into the network of a provider.
        connect    Connect standard input and output to a target.
        demo       Run a server and a client on this machine, to try it.
        run        Run all roles of a configuration file.
        status     Show the status of a running linksocks.
        top        Watch the traffic of a running server.
        ports      List the ports that a running server has open for providers.
        nodes      List the nodes of a running server's cluster.
        doctor     Find out why a server cannot be reached.
        check-config
                   Show every mistake in a configuration file, with its place.
        config     Show, make or describe a configuration file.
        token      Manage the tokens of a running server.
        drain      Let a running server finish its connections, and then end.
        restart    Restart a running server without losing connections.
        log-level  Change how much a running server logs.
        completion
                   Print a script that completes commands and flags in your shell.
        version    Print the version and the platform.
        help       Explain a command, or all of them.

      Each command explains its flags: linksocks <command> --help. All of them:
      linksocks help --all.
      Without a command, the variable LINKSOCKS_MODE names it (server, client,
      provider, connector).

      Try it on this machine: linksocks demo
      "
    `)
  })
})

describe('renderHelp', () => {
  test('explains the demo', () => {
    expect(renderHelp('demo', { columns: 80 })).toMatchInlineSnapshot(`
      "Usage: linksocks demo [flags]

      Run a server and a client on this machine, to try it.
      Creates a temporary token, and shows the proxy address and a command to try it.
      Other machines cannot reach any of it.

      Link:
        -P, --ws-port N             WebSocket port; 0 for any free one [default: 8765]
                                    [env: LINKSOCKS_WEBSOCKET_PORT]

      Proxy port:
        -p, --socks-port N          Proxy port; 0 for any free one [default: 9870]
                                    [env: LINKSOCKS_SOCKS_PORT]

      Logs:
        -d, --debug                 Log more: -d for debug, -dd for trace
                                    [env: LINKSOCKS_DEBUG]
            --log-level LEVEL       Lowest level to log, regardless of -d; info by
                                    default, warn for demo and connect [one of: trace,
                                    debug, info, warn, error, silent]
                                    [env: LINKSOCKS_LOG_LEVEL]
            --log-format FORMAT     json writes a JSON object for each line of both
                                    streams; auto and human write lines for people
                                    [default: auto] [one of: auto, human, json]
                                    [env: LINKSOCKS_LOG_FORMAT]

      Help:
        -h, --help                  Show this help and end

      Example:
        Both on their usual ports:
          linksocks demo
      "
    `)
  })

  test.each(commands.map(({ name }) => name))('names every flag of %s', (name) => {
    const help = renderHelp(name, { columns: 80, all: true })
    expect(usedFlags(name).filter((flag) => !help.includes(`--${flag.name}`))).toEqual([])
  })

  test.each(commands.filter(({ essentials }) => essentials !== undefined))(
    'shows the essential flags of $name and where the others are',
    ({ name, essentials = [] }) => {
      const help = renderHelp(name, { columns: 80 })
      const shown = [...help.matchAll(/^ {2}(?:-\w,| {3}) --([a-z-]+)/gm)].map(([, flag]) => flag)
      expect({ shown, namesAll: help.includes(`flags: linksocks help ${name} --all`) }).toEqual({
        shown: essentials,
        namesAll: true,
      })
    },
  )

  test('of provider names default and variable', () => {
    expect(renderHelp('provider', { columns: 100 })).toContain('[default: ws://localhost:8765] [env: LINKSOCKS_URL]')
  })

  test.each([72, 80, 100])('keeps within %i columns, but for examples', (columns) => {
    const texts = commands.map(({ name }) => renderHelp(name, { columns, all: true }).split('Example')[0] ?? '')
    expect(
      texts
        .join('\n')
        .split('\n')
        .filter((line) => line.length > columns),
    ).toEqual([])
  })

  test.each([
    [10, 72],
    [1000, 100],
  ])('takes a terminal of %i columns for one of %i', (columns, taken) => {
    expect(renderHelp('server', { columns })).toBe(renderHelp('server', { columns: taken }))
  })
})

describe('renderManual', () => {
  test('holds the help of every command', () => {
    const manual = renderManual({ columns: 80 })
    expect(commands.filter(({ name }) => !manual.includes(renderHelp(name, { columns: 80, all: true })))).toEqual([])
  })
})
