// Questions of the interactive picture, and the mode that follows from the answers.

const modes = {
  forward: {
    en: 'Forward: traffic leaves at the server.',
    zh: '正向模式：流量从服务器出去。',
    picture: 'forward',
    commands: ['linksocks server -t TOKEN', 'linksocks client -t TOKEN -u wss://server.example -p 9870'],
  },
  reverse: {
    en: 'Reverse: traffic leaves at the provider, the proxy port is at the server.',
    zh: '反向模式：流量从 provider 出去，代理端口在服务器上。',
    picture: 'reverse',
    commands: ['linksocks server -t TOKEN -r -p 9870', 'linksocks provider -t TOKEN -u wss://server.example'],
  },
  agent: {
    en: 'Agent: traffic leaves at the provider, the proxy port is at the connector.',
    zh: '中转模式（agent）：流量从 provider 出去，代理端口在 connector 上。',
    picture: 'agent',
    commands: [
      'linksocks server -t TOKEN -r -c CONNECTOR_TOKEN',
      'linksocks provider -t TOKEN -u wss://server.example',
      'linksocks connector -t CONNECTOR_TOKEN -u wss://server.example -p 1180',
    ],
  },
  autonomy: {
    en: 'Autonomy: as agent, and each provider brings the tokens of its connectors.',
    zh: '自治模式（autonomy）：与中转模式（agent）相同，但每个 provider 自带其 connector 的令牌。',
    picture: 'agent',
    commands: [
      'linksocks server -t TOKEN -r -a',
      'linksocks provider -t TOKEN -c CONNECTOR_TOKEN -u wss://server.example',
      'linksocks connector -t CONNECTOR_TOKEN -u wss://server.example -p 1180',
    ],
  },
}

const network = {
  name: 'network',
  en: 'Which network do you want to reach?',
  zh: '你想访问哪里的网络？',
  options: [
    { value: 'server', en: 'the one of a machine with a public address', zh: '有公网地址的机器所在的网络' },
    { value: 'inside', en: 'one behind NAT or a firewall', zh: '在 NAT 或防火墙后面的网络' },
  ],
}

const program = {
  name: 'program',
  en: 'Where is the program that uses it?',
  zh: '使用它的程序在哪里？',
  options: [
    { value: 'server', en: 'at the machine with the public address', zh: '在有公网地址的机器上' },
    { value: 'client', en: 'anywhere else, such as on a laptop', zh: '在别处，例如笔记本上' },
  ],
}

const tokens = {
  name: 'tokens',
  en: 'Who says which connectors get in?',
  zh: '由谁决定哪些 connector 可以进入？',
  options: [
    { value: 'server', en: 'the owner of the server', zh: '服务器的所有者' },
    { value: 'provider', en: 'each provider for itself', zh: '每个 provider 自己' },
  ],
}

/** Returns the questions that still matter after the answers given so far. */
export function questions(answers) {
  if (answers.network === 'server') return [network]
  return answers.program === 'server' ? [network, program] : [network, program, tokens]
}

export function chooseMode(answers) {
  if (answers.network === 'server') return modes.forward
  if (answers.program === 'server') return modes.reverse
  return answers.tokens === 'server' ? modes.agent : modes.autonomy
}
