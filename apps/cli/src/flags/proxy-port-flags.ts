import type { Flag } from '../flag.js'
import { links, running, port, credential } from './scopes.js'

/** Where programs connect to. */
export const proxyPortFlags = [
  {
    name: 'socks-host',
    short: 's',
    type: 'string',
    placeholder: 'HOST',
    default: '127.0.0.1',
    commands: links,
    section: 'Proxy port',
    help: 'Address that the proxy port listens on',
  },
  {
    name: 'socks-port',
    short: 'p',
    type: 'integer',
    default: 9870,
    ...port,
    commands: running,
    section: 'Proxy port',
    help: 'Proxy port; 0 takes any free one',
  },
  {
    name: 'socks-username',
    short: 'n',
    type: 'string',
    placeholder: 'NAME',
    maxBytes: 255,
    commands: links,
    section: 'Proxy port',
    help: 'User name that the proxy port asks for',
  },
  {
    name: 'socks-password',
    short: 'w',
    type: 'string',
    placeholder: 'PASSWORD',
    ...credential,
    commands: links,
    section: 'Proxy port',
    help: 'Password that the proxy port asks for',
  },
  {
    name: 'socks-nowait',
    short: 'i',
    aliases: ['socks-no-wait'],
    type: 'boolean',
    commands: links,
    section: 'Proxy port',
    help: 'Open the proxy port at once instead of when the link is up',
  },
  {
    name: 'udp-advertise',
    type: 'string',
    placeholder: 'HOST',
    commands: links,
    section: 'Proxy port',
    help: 'Address to tell UDP users, such as the public one behind NAT; by default the one they reached',
  },
] as const satisfies readonly Flag[]
