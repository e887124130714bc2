import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDnsServer } from '../resolve/dns-server.js'
import { parseHosts } from './hosts-file.js'
import { parseNsswitch } from './nsswitch.js'
import { parseResolvConf, searchNames } from './resolv-conf.js'

describe('parseHosts', () => {
  test('adds up the lines of a name, in any case', () => {
    const hosts = parseHosts('::1 Two.test\n127.0.0.1\ttwo.test. alias # 127.0.0.9 two.test\r\n10.0.0.1 two.test\n')
    expect(hosts.get('two.test')).toEqual({ 6: ['::1'], 4: ['127.0.0.1', '10.0.0.1'] })
  })

  test('skips entries that are not an address and names', () => {
    expect(parseHosts('# x\n\nnonsense name\n127.0.0.1\n').size).toBe(0)
  })

  test('takes any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseHosts(text)))
  })
})

describe('parseResolvConf', () => {
  test('reads servers, domains and options', () => {
    const text =
      'nameserver 10.0.0.1\nnameserver fe80::1%eth0 # x\nsearch A.test b.test.\noptions ndots:3 timeout:1 rotate\n'
    expect(parseResolvConf(text)).toEqual({
      servers: ['10.0.0.1', 'fe80::1%eth0'],
      search: ['a.test', 'b.test'],
      ndots: 3,
      timeoutMs: 1000,
    })
  })

  test('searches the domain of this machine where the file names none', () => {
    expect(parseResolvConf('nameserver 10.0.0.1', 'host.corp.test').search).toEqual(['corp.test'])
  })

  test('limits values to those of glibc', () => {
    expect(parseResolvConf('options ndots:99 timeout:99', 'host')).toMatchObject({ ndots: 15, timeoutMs: 30_000 })
  })

  test('takes any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseResolvConf(text)))
  })
})

test.each([
  ['www', false, ['www.a.test', 'www.b.test', 'www']],
  ['www.x', false, ['www.x', 'www.x.a.test', 'www.x.b.test']],
  ['www', true, ['www']],
])('searchNames tries %s (absolute: %s) as %j', (name, isAbsolute, names) => {
  expect(searchNames(name, isAbsolute, parseResolvConf('search a.test b.test'))).toEqual(names)
})

test.each([
  ['', 'x.test', 'dns'],
  ['hosts: files dns', 'x.test', 'dns'],
  ['hosts: files dns', 'printer.local', 'dns'],
  ['hosts: files', 'x.test', 'files'],
  ['hosts: dns files', 'x.test', 'system'],
  ['hosts: files mdns4_minimal [NOTFOUND=return] dns', 'x.test', 'dns'],
  ['hosts: files mdns4_minimal [NOTFOUND=return] dns', 'printer.local', 'system'],
  ['hosts: files myhostname dns', 'mybox', 'system'],
  ['hosts: files myhostname dns', 'x.test', 'dns'],
  ['hosts: files resolve [!UNAVAIL=return] dns', 'x.test', 'dns'],
  ['hosts: files resolve [!UNAVAIL=return] dns', 'nas', 'system'],
  ['hosts: files ldap dns', 'x.test', 'system'],
  ['passwd: files\nhosts:\tfiles dns # mdns', 'printer.local', 'dns'],
])('parseNsswitch of "%s" asks about %s: %s', (text, name, source) => {
  expect(parseNsswitch(text)(name, ['127.0.0.53'])).toBe(source)
})

test('parseNsswitch asks the system where systemd-resolved is not the name server', () => {
  expect(parseNsswitch('hosts: files resolve dns')('x.test', ['10.0.0.1'])).toBe('system')
})

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['10.0.0.1:5353', '10.0.0.1:5353'],
  ['2001:db8::1', '2001:db8::1'],
  ['[2001:db8::1]:53', '[2001:db8::1]:53'],
])('parseDnsServer reads %s', (text, server) => {
  expect(parseDnsServer(text)).toBe(server)
})

test.each(['', 'dns.test', '10.0.0.1:0', '10.0.0.1:70000', '10.0.0.1:', '[10.0.0.1]:53', '1.2.3', '[::1'])(
  'parseDnsServer refuses "%s"',
  (text) => {
    expect(() => parseDnsServer(text)).toThrow(`the name server "${text}"`)
  },
)
