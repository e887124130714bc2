import { describe, expect, test } from 'vitest'
import { targetOf } from '../../testing/target-of.js'
import { parseUpstream } from '../upstream/upstream.js'
import { parseRoutes } from './routes.js'

const upstream = parseUpstream('socks5://default.test')
const rules = [
  'git.internal=direct',
  '*.internal:25=reject',
  '*.internal=socks5://inner.test,http://u:p,w@second.test:3128',
  '10.1.0.0/16=direct',
  '10.0.0.0/8=reject',
]

/** The exit of a target, in a word. */
function exitOf(host: string, port = 80): string {
  const exit = parseRoutes(rules, [upstream]).exitFor(targetOf(host, port))
  return exit.kind === 'direct' ? 'direct' : exit.upstreams.map(({ host }) => host).join(' > ')
}

describe('Routes.exitFor', () => {
  test.each([
    ['git.internal', 'direct'],
    ['GIT.internal.', 'direct'],
    ['db.internal', 'inner.test > second.test'],
    ['10.1.2.3', 'direct'],
    ['192.0.2.1', 'default.test'],
    ['example.test', 'default.test'],
  ])('sends %s to %s', (host, exit) => {
    expect(exitOf(host)).toBe(exit)
  })

  test.each([
    ['10.2.0.1', 80, 'forbidden: 10.2.0.1:80 is rejected by the route "10.0.0.0/8"'],
    ['::ffff:10.2.0.1', 80, 'forbidden: 10.2.0.1:80 is rejected by the route "10.0.0.0/8"'],
    ['64:ff9b::a02:1', 80, 'forbidden: [64:ff9b::a02:1]:80 is rejected by the route "10.0.0.0/8"'],
    ['db.internal', 25, 'forbidden: db.internal:25 is rejected by the route "*.internal:25"'],
  ])('rejects %s:%d', (host, port, message) => {
    expect(() => exitOf(host, port)).toThrow(message)
  })

  test('goes directly where no rule matches and there is no upstream', () => {
    expect(parseRoutes([]).exitFor(targetOf('a'))).toEqual({ kind: 'direct' })
  })
})

describe('Routes.rejecting', () => {
  test.each([
    ['example.test', '10.2.0.1', '10.0.0.0/8'],
    ['example.test', '192.0.2.1', undefined],
    // An earlier rule matches the address, or the name.
    ['example.test', '10.1.0.1', undefined],
    ['git.internal', '10.2.0.1', undefined],
  ])('has %s lead to %s but for %s', (host, address, rule) => {
    expect(parseRoutes(rules).rejecting(targetOf(host), targetOf(address))).toBe(rule)
  })
})

describe('parseRoutes', () => {
  test.each([
    ['10.0.0.0/8', 'one has no "="'],
    ['=direct', 'route "" names no targets'],
    ['a:b=direct', 'route "a:b" names no targets'],
    ['a=proxy', 'route "a": an upstream proxy must be a URL'],
    ['a=ftp://x', 'route "a": upstream proxies speak socks5, socks5h'],
    ['10.0.0.0/40=direct', 'route "10.0.0.0/40" has a prefix length of 40'],
  ])('refuses %s', (rule, message) => {
    expect(() => parseRoutes([rule])).toThrow(message)
  })

  test('shows no passwords in its errors', () => {
    expect(() => parseRoutes(['a=socks9://user:hidden@host'])).toThrow(expect.not.stringContaining('hidden') as Error)
  })
})
