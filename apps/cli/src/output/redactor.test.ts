import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { doSteps } from '../steps.js'
import { Redactor } from './redactor.js'

describe('Redactor.clean', () => {
  test.each([
    ['the secret itself', 'token abcdef123 seen', 'token [redacted] seen'],
    ['its hash, which opens a link as well', hash('abcdef123'), '[redacted]'],
    ['it inside of a longer word', 'xabcdef123y', 'x[redacted]y'],
    ['credentials of any URL', 'via socks5://user:pw@host:1080', 'via socks5://[redacted]@host:1080'],
    ['credentials with an @', 'http://u:p@ss@host/', 'http://[redacted]@host/'],
    ['the token of any query', 'GET /socket?token=0123&reverse=true', 'GET /socket?token=[redacted]&reverse=true'],
  ])('takes out %s', (_what, text, expected) => {
    const redactor = new Redactor()
    redactor.add('abcdef123')
    expect(redactor.clean(text)).toBe(expected)
  })

  test('takes out one of more secrets than a call has arguments', () => {
    const redactor = new Redactor()
    doSteps(redactor.addInSteps([...Array.from({ length: 200_000 }, () => ''), 'abcdef123']))
    expect(redactor.clean('abcdef123')).toBe('[redacted]')
  })

  test('takes out a secret in its JSON, URL and base64 forms', () => {
    const secret = 'pa"ss wörd\\1'
    const redactor = new Redactor()
    redactor.add(secret)
    const forms = [JSON.stringify(secret), encodeURIComponent(secret), Buffer.from(secret).toString('base64')]
    expect(redactor.clean(forms.join(' '))).toBe('"[redacted]" [redacted] [redacted]')
  })

  test('removes a known password of a URL where it stands alone', () => {
    const redactor = new Redactor()
    redactor.add('socks5://user:hunter%3222@proxy:1080')
    expect(redactor.clean('hunter222 hunter%3222 proxy user')).toBe('[redacted] [redacted] proxy user')
  })

  test('hides a short secret as a word only', () => {
    const redactor = new Redactor()
    redactor.add('a')
    expect(redactor.clean('a bad "a" day')).toBe('[redacted] bad "[redacted]" day')
  })

  test('reads a long text of a peer once, not once for each beginning', () => {
    const text = 'a'.repeat(150_000)
    expect(new Redactor().clean(text)).toBe(text)
  })

  test('cleans lines, and takes one more secret, with thousands of them', () => {
    const redactor = new Redactor()
    redactor.add(...Array.from({ length: 10_000 }, (_none, index) => [hash(String(index)), `alike-${index}`]).flat())
    const lines = Array.from({ length: 10 }, (_none, index) => {
      redactor.add(`another-${index}`)
      return redactor.clean(`${hash(String(index))}, alike-99${index} and another-${index} of many`)
    })
    expect(new Set(lines)).toEqual(new Set(['[redacted], [redacted] and [redacted] of many']))
  })

  test('takes the longer of two secrets that begin alike', () => {
    const redactor = new Redactor()
    redactor.add('abcdef', 'abcdef-more')
    expect(redactor.clean('abcdef-more')).toBe('[redacted]')
  })

  test("does not hide 'anonymous', the token of those without one", () => {
    const redactor = new Redactor()
    redactor.add('anonymous')
    expect(redactor.clean('anonymous')).toBe('anonymous')
  })

  test('leaves no secret, whatever it consists of and wherever it stands', () => {
    const secrets = fc.string({
      unit: fc.constantFrom(...Array.from('ab0"\\/.*+?$^|(){}[]-ß 😀')),
      minLength: 6,
      maxLength: 20,
    })
    const others = fc.string({ unit: fc.constantFrom('X', 'Y', ',') })
    fc.assert(
      fc.property(secrets, others, others, (secret, before, after) => {
        const redactor = new Redactor()
        redactor.add(secret)
        return redactor.clean(`${before}${secret}${after}`) === `${before}[redacted]${after}`
      }),
    )
  })
})

describe('Redactor.cleanFields', () => {
  const redactor = new Redactor()
  redactor.add('abcdef123')

  test.each([
    'token',
    'connectorToken',
    'socksPassword',
    'apiKey',
    'X-API-Key',
    'secret',
    'authorization',
    'tokenHash',
  ])('hides what is called %s, known or not', (name) => {
    expect(redactor.cleanFields({ [name]: 'unknown', list: [{ [name]: ['unknown'] }] })).toEqual({
      [name]: '[redacted]',
      list: [{ [name]: '[redacted]' }],
    })
  })

  test('leaves counts of secrets', () => {
    expect(redactor.cleanFields({ tokens: 3 })).toEqual({ tokens: 3 })
  })

  test('cleans strings at any depth', () => {
    expect(redactor.cleanFields({ a: { b: ['x abcdef123'] } })).toEqual({ a: { b: ['x [redacted]'] } })
  })

  test('ends at an object that holds itself', () => {
    const fields: Record<string, unknown> = {}
    fields['self'] = fields
    expect(JSON.stringify(redactor.cleanFields(fields))).toContain('[…]')
  })
})

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
