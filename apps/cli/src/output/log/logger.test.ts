import { describe, expect, test } from 'vitest'
import { Redactor } from '../redactor.js'
import { type LogLevel, LogLevels } from './log-levels.js'
import { createLogger, logLevel, type LoggerOptions } from './logger.js'

describe('createLogger', () => {
  test('writes a JSON object a line when asked to', async () => {
    const { logger, lines } = await logging({ format: 'json' })
    logger.info({ port: 1 }, 'open')
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      port: 1,
      msg: 'open',
    })
  })

  test('writes for people on a terminal', async () => {
    const { logger, lines } = await logging({}, { isTTY: true })
    logger.child({ role: 'server' }).warn({ port: 1, reason: 'two words' }, 'closed')
    // oxlint-disable-next-line eslint/no-control-regex -- colours
    expect(lines[0]?.replaceAll(/\u001b\[\d+m/g, '')).toMatch(
      /^\[\d\d:\d\d:\d\d\] WARN: closed {2}role=server {2}port=1 {2}reason="two words"\n$/,
    )
  })

  test('writes JSON on a terminal when asked to', async () => {
    const { logger, lines } = await logging({ format: 'json' }, { isTTY: true })
    logger.info({}, 'open')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'open' })
  })

  test('writes without colours when NO_COLOR says so', async () => {
    const { logger, lines } = await logging({ environment: { NO_COLOR: '1' } }, { isTTY: true })
    logger.error({}, 'closed')
    expect(lines[0]).toMatch(/^[\x20-\x7e]+\n$/)
  })

  test('lets no line break or escape sequence of a peer through to the terminal', async () => {
    const { logger, lines } = await logging({ format: 'human' })
    logger.info({ target: 'a\u001b[2J', err: new Error('x\ny') }, 'hi\n[00:00:00] INFO: forged\u009b1m')
    expect(lines[0]).toMatch(/^[\x20-\x7e]+\n$/)
  })

  test('says the message of an error once on a terminal', async () => {
    const { logger, lines } = await logging({ format: 'human' })
    logger.error({ err: new Error('odd') }, 'failed: odd')
    expect(lines[0]).toMatch(/ERROR: failed: odd\n$/)
  })

  test('shows of an error type, code and message', async () => {
    const { logger, lines } = await logging({ format: 'json' })
    logger.error({ err: Object.assign(new TypeError('odd'), { code: 'ERR_ODD' }) }, 'failed')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ err: { type: 'TypeError', code: 'ERR_ODD', message: 'odd' } })
  })

  test('says the reason that a message names once', async () => {
    const { logger, lines } = await logging()
    logger.warn({ reason: 'nothing listens there' }, 'no link: nothing listens there; trying again in 0.1 s')
    expect(lines[0]).toMatch(/WARN: no link: nothing listens there; trying again in 0\.1 s\n$/)
  })

  test('says the delay that a message names once', async () => {
    const { logger, lines } = await logging()
    logger.warn({ retryInMs: 104 }, 'no link: no answer; trying again in 0.1 s')
    expect(lines[0]).toMatch(/trying again in 0\.1 s\n$/)
  })

  test('writes date and time of day in UTC where there is no terminal', async () => {
    const { logger, lines } = await logging()
    logger.info({}, 'open')
    expect(lines[0]).toMatch(/^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] INFO: open\n$/)
  })

  test('keeps stacks for debugging', async () => {
    const { logger, lines } = await logging()
    logger.error({ err: new Error('odd') }, 'failed')
    expect(lines[0]).not.toContain('logger.test')
  })

  test.each(['json', 'human'] as const)('shows stacks at debug in %s', async (format) => {
    const { logger, lines } = await logging({ format, level: 'debug' })
    logger.error({ error: new Error('odd') }, 'failed')
    expect(lines[0]).toContain('logger.test')
  })

  test.each(['json', 'human'] as const)('hides secrets in text, fields, children and errors in %s', async (format) => {
    const { logger, lines, redactor } = await logging({ format, level: 'trace' })
    redactor.add('s3cr3t-token')
    const err = new Error('for s3cr3t-token', { cause: new Error('s3cr3t-token') })
    logger.child({ of: 's3cr3t-token' }).trace({ err, at: ['s3cr3t-token'], token: 'other-token' }, 's3cr3t-token')
    expect(lines.join('')).not.toMatch(/s3cr3t-token|other-token/)
  })

  test('shows numbers of any size and fields that JSON cannot show', async () => {
    const { logger, lines } = await logging({ format: 'json' })
    const circle: { self?: object } = {}
    circle.self = circle
    logger.info({ bytes: 2n ** 64n, circle, none: undefined, at: new Date(0) }, 'odd')
    const { level: _level, time: _time, ...fields } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
    expect(fields).toEqual({
      bytes: '18446744073709551616',
      circle: '[no JSON]',
      at: '1970-01-01T00:00:00.000Z',
      msg: 'odd',
    })
  })

  test('adds the fields of all parents', async () => {
    const { logger, lines } = await logging({ format: 'json' })
    logger.child({ a: 1, b: 1 }).child({ b: 2, c: 2 }).info({ c: 3 }, 'open')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ a: 1, b: 2, c: 3 })
  })

  test('writes nothing below its level', async () => {
    const { logger, lines } = await logging({ level: 'warn' })
    logger.info({}, 'unheard')
    expect(lines).toEqual([])
  })
})

describe('createLogger, where nothing can be written,', () => {
  test('counts lost lines, and reports them in front of the next one', async () => {
    const disk = { text: '', isFull: true, failure: 'ENOSPC' }
    const write = (text: string): boolean => {
      if (!disk.isFull) disk.text += text
      return !disk.isFull
    }
    const { logger } = await logging({ format: 'json', output: { failure: 'ENOSPC', write } })
    logger.info({}, 'lost')
    logger.info({}, 'lost too')
    disk.isFull = false
    logger.info({}, 'kept')
    logger.info({}, 'and kept')
    const messages = disk.text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg)
    expect(messages).toEqual(['2 lines of the log were lost: ENOSPC', 'kept', 'and kept'])
  })
})

describe('logLevel', () => {
  test.each([
    [0, undefined, 'info'],
    [1, undefined, 'debug'],
    [2, undefined, 'trace'],
    [2, 'error', 'error'],
  ] as const)('of -d × %i and --log-level %s is %s', (debug, asked, level) => {
    expect(logLevel({ debug, logLevel: asked }, 'info')).toBe(level)
  })
})

async function logging(
  { level = 'info', ...options }: Partial<LoggerOptions> & { readonly level?: LogLevel } = {},
  { isTTY = false } = {},
) {
  const lines: string[] = []
  const redactor = new Redactor()
  const output = { isTTY, write: (line: string) => lines.push(line) > 0 }
  const logger = await createLogger({
    levels: new LogLevels(level),
    format: 'auto',
    redactor,
    output,
    environment: {},
    ...options,
  })
  return { logger, lines, redactor }
}
