import type { FakeDns, FakeDnsReply } from '@ls/testkit'
import { converse } from './sockets.js'
import { type Target, tcpTarget } from './target.js'
import { failureWord, type Way } from './way.js'

type Zone = Parameters<typeof FakeDns.start>[0]
type Records = Exclude<FakeDnsReply, string>

interface NameTarget {
  readonly title: string
  readonly host: string
  /** Answers of the name server about A and AAAA. */
  readonly a: FakeDnsReply
  readonly aaaa?: FakeDnsReply
  /** Address of the service. @default '127.0.0.1' */
  readonly at?: string
}

const label63 = 'l'.repeat(63)
const longest = `${[label63, label63, label63].join('.')}.${'m'.repeat(53)}.test`
/** Addresses of TEST-NET-1 and of the discard prefix, where no host is (RFC 5737, RFC 6666). */
const nobody = { a: '192.0.2.1', aaaa: '100::1' }

const names: readonly NameTarget[] = [
  { title: 'A only', host: 'a.test', a: a('a.test') },
  { title: 'AAAA only', host: 'aaaa.test', a: [], aaaa: aaaa('aaaa.test'), at: '::1' },
  { title: 'A and AAAA, both alive', host: 'both.test', a: a('both.test'), aaaa: aaaa('both.test') },
  { title: 'A, and an AAAA that refuses', host: 'dead6.test', a: a('dead6.test'), aaaa: aaaa('dead6.test') },
  { title: 'an A that refuses, and AAAA', host: 'dead4.test', a: a('dead4.test'), aaaa: aaaa('dead4.test'), at: '::1' },
  {
    title: 'A, and an AAAA where nobody is',
    host: 'gone6.test',
    a: a('gone6.test'),
    aaaa: aaaa('gone6.test', nobody.aaaa),
  },
  {
    title: 'an A where nobody is, and AAAA',
    host: 'gone4.test',
    a: a('gone4.test', nobody.a),
    aaaa: aaaa('gone4.test'),
    at: '::1',
  },
  { title: 'two A, one of which refuses', host: 'two.test', a: a('two.test', '127.0.0.9', '127.0.0.1') },
  {
    title: 'four A, two of which refuse',
    host: 'four.test',
    a: a('four.test', '127.0.0.8', '127.0.0.9', '127.0.0.1', '127.0.0.1'),
  },
  { title: '40 A records', host: 'forty.test', a: a('forty.test', ...Array.from({ length: 40 }, () => '127.0.0.1')) },
  { title: 'A, while AAAA fails (SERVFAIL)', host: 'half.test', a: a('half.test'), aaaa: 'SERVFAIL' },
  { title: 'a time to live of 0', host: 'ttl0.test', a: [{ type: 'A', name: 'ttl0.test', ttl: 0, data: '127.0.0.1' }] },
  { title: 'underscores', host: '_my_host.test', a: a('_my_host.test') },
  { title: 'a hyphen at the end of a label', host: 'odd-.test', a: a('odd-.test') },
  { title: 'digits alone', host: '12345.test', a: a('12345.test') },
  { title: 'a label of 63 bytes', host: `${label63}.test`, a: a(`${label63}.test`) },
  { title: 'a name of 250 bytes', host: longest, a: a(longest) },
  { title: 'upper case', host: 'UPPER.TEST', a: a('upper.test') },
  { title: 'a dot at the end', host: 'dot.test.', a: a('dot.test') },
  { title: 'IDN in punycode', host: 'xn--huser-gra.test', a: a('xn--huser-gra.test') },
  { title: 'CNAME', host: 'alias.test', a: chain('alias.test', 1) },
  { title: 'a chain of 8 CNAMEs', host: 'chain.test', a: chain('chain.test', 8) },
  { title: 'a truncated answer: ask over TCP', host: 'truncated.test', a: a('truncated.test') },
  { title: 'localhost', host: 'localhost', a: [] },
  { title: 'a name below localhost', host: 'sub.localhost', a: [] },
  { title: 'NXDOMAIN', host: 'missing.test', a: 'NXDOMAIN', aaaa: 'NXDOMAIN' },
  { title: 'no address at all', host: 'empty.test', a: [] },
  { title: 'SERVFAIL', host: 'servfail.test', a: 'SERVFAIL', aaaa: 'SERVFAIL' },
  {
    title: 'a CNAME that leads nowhere',
    host: 'dangling.test',
    a: [{ type: 'CNAME', name: 'dangling.test', ttl: 60, data: 'no.test' }],
  },
]

/** Answers of the name server for these targets. */
export const zone: Zone = (name, type, over) => {
  const found = names.find(({ host }) => host.toLowerCase().replace(/\.$/, '') === name)
  if (found === undefined) return 'NXDOMAIN'
  if (name === 'truncated.test' && over === 'udp') return 'truncated'
  return type === 'A' ? found.a : (found.aaaa ?? [])
}

/** Names of all kinds. Those that need IPv6 on loopback are omitted without it. */
export function nameTargets(withIpv6: boolean): Target[] {
  return names
    .filter(({ at, title }) => withIpv6 || (at !== '::1' && title !== 'A and AAAA, both alive'))
    .map(({ title, host, at }) => ({ title, reach: (way) => reach(way, host, at) }))
}

async function reach(way: Way, host: string, at = '127.0.0.1'): Promise<unknown> {
  const port = await tcpTarget((socket) => void socket.end(`reached ${host}`), at)
  try {
    return await converse(await way.tcp(host, port))
  } catch (error) {
    return failureWord(error)
  }
}

function a(name: string, ...addresses: string[]): Records {
  const all = addresses.length === 0 ? ['127.0.0.1'] : addresses
  return all.map((data) => ({ type: 'A', name, ttl: 60, data }))
}

function aaaa(name: string, data = '::1'): Records {
  return [{ type: 'AAAA', name, ttl: 60, data }]
}

function chain(name: string, length: number): Records {
  const steps = Array.from({ length }, (_, step) => `step${step}.test`)
  const aliases = steps.map((data, step) => ({ type: 'CNAME' as const, name: steps[step - 1] ?? name, ttl: 60, data }))
  return [...aliases, ...a(steps.at(-1) ?? name)]
}
