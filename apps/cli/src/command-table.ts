import { type Command, configActions, shells } from './command.js'

/** Flags that most users need for a command with a proxy port on its own link. */
const proxyUserEssentials = [
  'url',
  'token',
  'socks-host',
  'socks-port',
  'socks-username',
  'socks-password',
  'threads',
  'tls-ca',
  'tls-pin',
  'proxy',
  'debug',
]

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  {
    name: 'server',
    usage: 'server [flags]',
    summary: 'Run the server that clients link to.',
    description:
      'Traffic of clients leaves here. With --reverse it leaves at the providers instead: the proxy port opens here, or at connectors.',
    essentials: [
      'token',
      'ws-host',
      'ws-port',
      'tls-cert',
      'tls-key',
      'tls-self-signed',
      'tls-domain',
      'reverse',
      'socks-port',
      'connector-token',
      'connector-autonomy',
      'access-rule',
      'debug',
    ],
    examples: [
      ['Forward: the network is here, the proxy port at the client', 'linksocks server -t my_token'],
      ['Reverse: the network is at the provider, the proxy port here', 'linksocks server -t my_token -r -p 9870'],
      ['Agent: providers and connectors meet here', 'linksocks server -t my_token -r -c connector_token'],
      ['Autonomy: each provider brings its own connector tokens', 'linksocks server -t my_token -r -a'],
    ],
  },
  {
    name: 'client',
    usage: 'client [url] [flags]',
    takesUrl: true,
    summary: 'Link to a server and open a proxy port here.',
    description: 'Programs here use the proxy port; their traffic leaves at the server. With --reverse: a provider.',
    essentials: proxyUserEssentials,
    examples: [
      ['A proxy on 127.0.0.1:9870', 'linksocks client -t my_token -u ws://example.com:8765'],
      ['The same with one URL, as servers print it', "linksocks client 'ws://my_token@example.com:8765/'"],
    ],
  },
  {
    name: 'provider',
    usage: 'provider [url] [flags]',
    takesUrl: true,
    summary: 'Let users of a server reach the network of this machine (client -r).',
    description: 'Opens no port: users of the provider reach the network of this machine through the server.',
    essentials: [
      'url',
      'token',
      'connector-token',
      'access-rule',
      'upstream-proxy',
      'threads',
      'tls-ca',
      'tls-pin',
      'proxy',
      'debug',
    ],
    examples: [
      ['For a reverse token of the server', 'linksocks provider -t my_token -u ws://example.com:8765'],
      ['With a connector token of its own', 'linksocks provider -t my_token -c my_connector_token'],
    ],
  },
  {
    name: 'connector',
    usage: 'connector [url] [flags]',
    takesUrl: true,
    summary: 'Open a proxy port here into the network of a provider.',
    description: 'The same as client, with a connector token in place of a client token.',
    essentials: proxyUserEssentials,
    examples: [
      ['A proxy on 127.0.0.1:1180', 'linksocks connector -t connector_token -u ws://example.com:8765 -p 1180'],
    ],
  },
  {
    name: 'connect',
    usage: 'connect HOST:PORT [flags]',
    argument: { name: 'HOST:PORT' },
    summary: 'Connect standard input and output to a target.',
    description:
      'Uses the token of a client or a connector, and opens no port. Ends when both directions have ended; made for ssh and its ProxyCommand.',
    essentials: ['url', 'token', 'tls-ca', 'proxy', 'debug'],
    examples: [
      [
        'One connection to a target behind the server',
        'linksocks connect db.internal:5432 -t my_token -u wss://example.com',
      ],
      [
        'ssh by way of the server',
        "ssh -o ProxyCommand='linksocks connect %h:%p -t my_token -u wss://example.com' user@inner.host",
      ],
    ],
  },
  {
    name: 'demo',
    usage: 'demo [flags]',
    summary: 'Run a server and a client on this machine, to try it.',
    description:
      'Creates a temporary token, and shows the proxy address and a command to try it. Other machines cannot reach any of it.',
    examples: [['Both on their usual ports', 'linksocks demo']],
  },
  {
    name: 'run',
    usage: 'run [flags]',
    summary: 'Run all roles of a configuration file.',
    description:
      'Any number of servers, clients, providers and connectors in one process. SIGHUP reads the file again and changes what differs.',
    examples: [['All roles in linksocks.yaml', 'linksocks run -c linksocks.yaml']],
  },
  {
    name: 'status',
    usage: 'status [ADDRESS] [flags]',
    argument: { name: 'ADDRESS' },
    summary: 'Show the status of a running linksocks.',
    description:
      'Reads it from the address of --metrics, or from the API of a server at a URL with --api-key; without either, the API socket of a server on this machine. Ends with 0 when it is ready, else with 1.',
    examples: [
      ['A program on this machine', 'linksocks status 127.0.0.1:9090'],
      ['A server by its API', 'linksocks status https://server.example --api-key "$KEY"'],
    ],
  },
  {
    name: 'top',
    usage: 'top [URL] [flags]',
    argument: { name: 'URL' },
    summary: 'Watch the traffic of a running server.',
    description:
      'Speeds, links and the busiest connections, once a second, over the API of the server: by default its socket (--api-socket), else a URL with --api-key. Keys: s sorts, / filters, Tab changes the list, x cuts, q quits.',
    examples: [
      ['The server on this machine', 'linksocks top'],
      ['A server by its API, once', 'linksocks top https://server.example --api-key "$KEY" --once'],
    ],
  },
  {
    name: 'ports',
    usage: 'ports [flags]',
    summary: 'List the ports that a running server has open for providers.',
    description:
      'Ports and host names that providers expose, with target, token, provider, time and connections. Talks to the API of a server on this machine (--api-socket), or elsewhere (--api).',
    examples: [['A server on this machine', 'linksocks ports']],
  },
  {
    name: 'nodes',
    usage: 'nodes [flags]',
    summary: "List the nodes of a running server's cluster.",
    description:
      'Address, state, load and version of each node, as one of them sees it. Talks to the API of a server on this machine (--api-socket), or elsewhere (--api).',
    examples: [['As a server on this machine sees them', 'linksocks nodes']],
  },
  {
    name: 'doctor',
    usage: 'doctor [url] [flags]',
    takesUrl: true,
    summary: 'Find out why a server cannot be reached.',
    description:
      'Checks each step of a link, with times, and suggests a cure for each fault: proxies, names, addresses, clock, TLS, WebSocket, token, round trip, throughput, UDP. Ends with 0 if no step failed, else with 1.',
    essentials: ['url', 'token', 'reverse', 'speed', 'idle', 'json', 'tls-ca', 'tls-pin', 'proxy'],
    examples: [
      ['All steps, up to the answer to the token', 'linksocks doctor -u wss://server.example -t my_token'],
      ['The same without measuring the throughput', 'linksocks doctor -u wss://server.example -t my_token --speed 0s'],
      [
        'The same, with a link that is idle for two minutes',
        'linksocks doctor -u wss://server.example -t my_token --idle 2m',
      ],
    ],
  },
  {
    name: 'check-config',
    usage: 'check-config [FILE]',
    argument: { name: 'FILE' },
    summary: 'Show every mistake in a configuration file, with its place.',
    description: 'Ends with 0 when there is none, else with 2. Opens no port and links to nothing.',
    examples: [['Before a reload', 'linksocks check-config linksocks.yaml']],
  },
  {
    name: 'config',
    usage: 'config show [FILE] | from-flags COMMAND … | schema',
    argument: { name: 'action', choices: configActions },
    summary: 'Show, make or describe a configuration file.',
    description:
      'show prints all settings in force and the origin of each, without secrets; from-flags prints the file for a command line; schema prints the JSON Schema for editors.',
    examples: [
      ['All settings that result from a file', 'linksocks config show linksocks.yaml'],
      ['A file for a command line', 'linksocks config from-flags server -t my_token -r -p 9870'],
    ],
  },
  {
    name: 'token',
    usage: 'token add|list|show|revoke [token] [flags]',
    argument: { name: 'action', choices: ['add', 'list', 'show', 'revoke'] },
    summary: 'Manage the tokens of a running server.',
    description:
      'Talks to the API of a server on this machine (--api-socket), or elsewhere (--api). A token is named by itself, its id or the name in its policy.',
    examples: [
      ['The server', 'linksocks server --api-socket default --state /var/lib/linksocks/state.json'],
      [
        'A token for one person',
        'linksocks token add --name ada --allow "*.internal:443" --expires 2027-01-31T00:00:00Z',
      ],
      ['Remove it, and end its connections', 'linksocks token revoke ada'],
    ],
  },
  {
    name: 'drain',
    usage: 'drain [flags]',
    summary: 'Let a running server finish its connections, and then end.',
    description:
      'Talks to the API of a server on this machine (--api-socket), or elsewhere (--api). Open connections continue; the server ends with the last of them, or after its --drain-timeout.',
    examples: [['Before maintenance', 'linksocks drain']],
  },
  {
    name: 'restart',
    usage: 'restart [flags]',
    summary: 'Restart a running server without losing connections.',
    description:
      'Talks to the API of a server on this machine (--api-socket), or elsewhere (--api). The new process has the same command line and takes over the ports; open connections continue in the old one until they end.',
    examples: [['After an upgrade of the program', 'linksocks restart']],
  },
  {
    name: 'log-level',
    usage: 'log-level LEVEL [PART] [flags]',
    argument: { name: 'LEVEL', choices: ['trace', 'debug', 'info', 'warn', 'error', 'silent'] },
    summary: 'Change how much a running server logs.',
    description:
      'Applies until the server ends. PART is a library (api, client, cluster, direct, link, mux, relay, server, transport) or a role of a configuration file; without it the level is that of everything.',
    examples: [
      ['To look for a fault', 'linksocks log-level debug'],
      ['For the sessions and channels alone', 'linksocks log-level trace mux'],
    ],
  },
  {
    name: 'completion',
    usage: 'completion <shell>',
    argument: { name: 'shell', choices: shells },
    summary: 'Print a script that completes commands and flags in your shell.',
    description: `Shells: ${shells.join(', ')}.`,
    examples: [
      ['bash, in ~/.bashrc', 'source <(linksocks completion bash)'],
      ['zsh, in ~/.zshrc, below compinit', 'source <(linksocks completion zsh)'],
      ['zsh, in a folder of $fpath instead', 'linksocks completion zsh > ~/.zfunc/_linksocks'],
      ['fish', 'linksocks completion fish > ~/.config/fish/completions/linksocks.fish'],
      ['PowerShell, in $PROFILE', 'linksocks completion powershell | Out-String | Invoke-Expression'],
    ],
  },
  {
    name: 'version',
    usage: 'version',
    summary: 'Print the version and the platform.',
    description: 'The same as linksocks --version.',
    examples: [],
  },
  {
    name: 'help',
    usage: 'help [command] [flags]',
    summary: 'Explain a command, or all of them.',
    description: 'The same as linksocks [command] --help; with --all it explains every flag.',
    examples: [],
  },
]

export function findCommand(name: string): Command | undefined {
  return commands.find((command) => command.name === name)
}
