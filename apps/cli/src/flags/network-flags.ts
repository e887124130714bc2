import type { Flag } from '../flag.js'
import { links } from './scopes.js'

/** How traffic leaves. */
export const networkFlags = [
  {
    name: 'upstream-proxy',
    short: 'x',
    type: 'list',
    placeholder: 'URL',
    splitEnv: true,
    secret: 'url',
    commands: links,
    section: 'Network',
    help: 'Proxy to reach targets through, socks5://[user:pass@]host[:port] or http://…; repeatable, each through the one before',
  },
  {
    name: 'access-rule',
    type: 'list',
    placeholder: 'ADDR:PORT',
    splitEnv: true,
    commands: links,
    section: 'Network',
    help: 'Only targets that match may be reached, such as 192.168.1.0/24:22 or 10.0.0.1:8000-8999; repeatable',
  },
  {
    name: 'fast-open',
    short: 'f',
    type: 'boolean',
    env: ['LINKSOCKS_FASTOPEN'],
    commands: links,
    section: 'Network',
    help: 'Answer proxy users before the target has, which saves a round trip',
  },
  {
    name: 'buffer-size',
    short: 'b',
    type: 'list',
    placeholder: 'BYTES',
    commands: ['server'],
    section: 'Network',
    ignored: 'data is passed on as it comes, there is no buffer to fill',
    help: '',
  },
  {
    name: 'batching',
    type: 'string',
    placeholder: 'HOW',
    default: 'auto',
    choices: ['auto', 'adaptive', 'off'],
    commands: links,
    section: 'Network',
    help: 'Gather small pieces of data: auto only while the link is busy, adaptive by speed (waits 20-500 ms)',
  },
  {
    name: 'no-batching',
    type: 'boolean',
    commands: links,
    section: 'Network',
    help: 'Send every piece of data at once (--batching off)',
  },
] as const satisfies readonly Flag[]
