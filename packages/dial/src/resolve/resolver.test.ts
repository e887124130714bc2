import { promises } from 'node:dns'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeDns, type FakeDnsReply, FakeClock } from '@ls/testkit'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { resolveAll } from './resolve-all.js'
import { Resolver } from './resolver.js'

const cleanups: (() => void)[] = []

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

/** A resolver with its own files, and a name server that has `zone`. */
async function resolverWith(
  zone: Record<string, FakeDnsReply | ((over: 'udp' | 'tcp') => FakeDnsReply)>,
  { hosts = '', resolvConf = '', clock = undefined as FakeClock | undefined, timeoutMs = 8000 } = {},
) {
  const dns = await FakeDns.start((name, type, over) => {
    const reply = zone[`${type} ${name}`] ?? zone[name] ?? 'NXDOMAIN'
    return typeof reply === 'function' ? reply(over) : reply
  })
  const folder = mkdtempSync(join(tmpdir(), 'resolver-'))
  cleanups.push(
    () => dns.close(),
    () => rmSync(folder, { recursive: true }),
  )
  const files = { hosts: join(folder, 'hosts'), resolvConf: join(folder, 'resolv.conf') }
  writeFileSync(files.hosts, hosts)
  writeFileSync(files.resolvConf, resolvConf)
  const resolver = new Resolver({ servers: [dns.address], files, timeoutMs, clock })
  const ask = async (host: string, tenant?: unknown) => resolveAll(resolver, host, { tenant })
  return { resolver, dns, ask, files }
}

const a = (name: string, data: string, ttl = 60) => ({ type: 'A' as const, name, data, ttl })
const aaaa = (name: string, data: string, ttl = 60) => ({ type: 'AAAA' as const, name, data, ttl })
const cname = (name: string, data: string) => ({ type: 'CNAME' as const, name, data, ttl: 60 })

describe('Resolver finds', () => {
  test('the addresses of both families in DNS', async () => {
    const { ask } = await resolverWith({
      'A x.test': [a('x.test', '192.0.2.1')],
      'AAAA x.test': [aaaa('x.test', '2001:db8::1')],
    })
    expect(await ask('x.test')).toEqual(['2001:db8::1', '192.0.2.1'])
  })

  test('a name that has only AAAA', async () => {
    const { ask } = await resolverWith({ 'AAAA x.test': [aaaa('x.test', '2001:db8::1')], 'A x.test': [] })
    expect(await ask('x.test')).toEqual(['2001:db8::1'])
  })

  test('what stands behind a chain of CNAMEs', async () => {
    const chain = [cname('x.test', 'y.test'), cname('y.test', 'z.test'), a('z.test', '192.0.2.9')]
    const { ask } = await resolverWith({ 'A x.test': chain, 'AAAA x.test': [cname('x.test', 'y.test')] })
    expect(await ask('x.test')).toEqual(['192.0.2.9'])
  })

  test('over TCP what does not fit into a datagram', async () => {
    const many = Array.from({ length: 20 }, (_, i) => a('x.test', `192.0.2.${i}`))
    const { ask, dns } = await resolverWith({
      'A x.test': (over) => (over === 'udp' ? 'truncated' : many),
      'AAAA x.test': [],
    })
    expect(await ask('x.test')).toHaveLength(20)
    expect(dns.asked).toContain('A x.test tcp')
  })

  test('names with an underscore, and international ones', async () => {
    const { ask } = await resolverWith({
      'A _a_b.test': [a('_a_b.test', '192.0.2.1')],
      'A xn--bcher-kva.test': [a('xn--bcher-kva.test', '192.0.2.2')],
    })
    expect({ aBTest: await ask('_a_b.test'), bCherTest: await ask('bücher.test') }).toEqual({
      aBTest: ['192.0.2.1'],
      bCherTest: ['192.0.2.2'],
    })
  })

  test.each(['inhosts.test', 'InHosts.Test', 'inhosts.test.'])('%s in the hosts file, without DNS', async (name) => {
    const { ask, dns } = await resolverWith({}, { hosts: '127.0.0.1 inhosts.test\n' })
    expect({ ask: await ask(name), asked: dns.asked }).toEqual({ ask: ['127.0.0.1'], asked: [] })
  })

  test.each(['localhost', 'LOCALHOST.', 'a.b.localhost'])('%s on this machine, without DNS', async (name) => {
    const { ask, dns } = await resolverWith({})
    expect({ ask: await ask(name), asked: dns.asked }).toEqual({ ask: ['::1', '127.0.0.1'], asked: [] })
  })

  test('immediately for names that it knows already', async () => {
    const { ask, resolver } = await resolverWith({ 'A x.test': [a('x.test', '192.0.2.1')], 'AAAA x.test': [] })
    await ask('x.test')
    expect(resolveAll(resolver, 'x.test')).toEqual(['192.0.2.1'])
  })

  test('what the hosts file says since it was changed', async () => {
    const clock = new FakeClock()
    const { ask, files } = await resolverWith({}, { hosts: '127.0.0.1 x.test\n', clock })
    await ask('x.test')
    writeFileSync(files.hosts, '127.0.0.22 x.test # moved\n')
    clock.advance(1000)
    expect(await ask('x.test')).toEqual(['127.0.0.22'])
  })

  test('a short name in a search domain, a long one unchanged', async () => {
    const { ask, dns } = await resolverWith(
      { 'A www.corp.test': [a('www.corp.test', '192.0.2.1')], 'A a.b': [a('a.b', '192.0.2.2')] },
      { resolvConf: 'search other.test corp.test\n' },
    )
    expect({ www: await ask('www'), aB: await ask('a.b') }).toEqual({ www: ['192.0.2.1'], aB: ['192.0.2.2'] })
    expect(dns.asked.filter((each) => each.startsWith('A '))).toEqual(['A www.other.test', 'A www.corp.test', 'A a.b'])
  })

  test('a name with a trailing dot nowhere but where it says', async () => {
    const { ask, dns } = await resolverWith({}, { resolvConf: 'search corp.test\n' })
    await expect(ask('www.')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    expect(dns.asked.toSorted()).toEqual(['A www', 'AAAA www'])
  })
})

describe('Resolver says', () => {
  test.each<[string, Record<string, FakeDnsReply>, string]>([
    ['that there is no such name', {}, 'ENOTFOUND'],
    ['that a name has no address', { 'x.test': [] }, 'EAI_NODATA'],
    ['that the servers failed', { 'x.test': 'SERVFAIL' }, 'EAI_AGAIN'],
    ['that the servers failed about one family', { 'A x.test': 'SERVFAIL', 'AAAA x.test': [] }, 'EAI_AGAIN'],
  ])('%s', async (_what, zone, code) => {
    const { ask } = await resolverWith(zone)
    await expect(ask('x.test')).rejects.toMatchObject({ code })
  })

  test.each(['a\\.b', 'a b.test', 'x\u0000.test', `${'a'.repeat(64)}.test`, 'a..b', `${'a.'.repeat(127)}a`, ''])(
    'that %j is no name, without asking',
    async (name) => {
      const { ask, dns } = await resolverWith({})
      await expect(ask(name)).rejects.toMatchObject({ code: 'ENOTFOUND' })
      expect(dns.asked).toEqual([])
    },
  )

  test('after its time is over that no server answered', async () => {
    const { ask } = await resolverWith({ 'x.test': 'silence' }, { timeoutMs: 60 })
    await expect(ask('x.test')).rejects.toMatchObject({ code: 'EAI_AGAIN' })
  })

  test('again that a name is missing, for a while without asking', async () => {
    const { ask, dns } = await resolverWith({})
    for (let i = 0; i < 3; i++) await expect(ask('x.test')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    expect(dns.asked).toHaveLength(2)
  })
})

describe('Resolver', () => {
  test('answers about known names beside 300 of another tenant that get no answer', async () => {
    const { resolver, ask } = await resolverWith(
      (() => {
        const zone: Record<string, FakeDnsReply> = {
          'A good.test': [a('good.test', '192.0.2.1')],
          'AAAA good.test': [],
        }
        for (let i = 0; i < 300; i++) zone[`dead${i}.test`] = 'silence'
        return zone
      })(),
    )
    const ends = Array.from({ length: 300 }, (_, i) => resolver.lookup(`dead${i}.test`, () => {}, { tenant: 'a' }))
    expect(await ask('good.test', 'b')).toEqual(['192.0.2.1'])
    for (const end of ends) end()
  })

  test('asks again when a time to live is over', async () => {
    const clock = new FakeClock()
    const { ask } = await resolverWith({ 'A x.test': [a('x.test', '192.0.2.1', 5)], 'AAAA x.test': [] }, { clock })
    // Not at the name server: the library in Node 20.19.0 and 22.12.0 has a cache as well, by the real clock.
    const asked = vi.spyOn(promises.Resolver.prototype, 'resolve4')
    cleanups.push(() => asked.mockRestore())
    await ask('x.test')
    clock.advance(5000)
    await ask('x.test')
    expect(asked).toHaveBeenCalledTimes(2)
  })

  test('refuses a name server that is none', () => {
    expect(() => new Resolver({ servers: ['dns.test'] })).toThrow('the name server "dns.test" is not ADDR')
  })
})
