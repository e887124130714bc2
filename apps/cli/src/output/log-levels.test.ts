import { expect, test } from 'vitest'
import { LogLevels } from './log-levels.js'
import { createLogger } from './logger.js'
import { Redactor } from './redactor.js'

async function net() {
  let text = ''
  const output = { write: (line: string) => (text += line) !== '' }
  const options = { level: 'info', format: 'json', redactor: new Redactor(), output, environment: {} } as const
  const logger = await createLogger(options)
  return { logger, levels: new LogLevels(logger), written: () => text }
}

test('LogLevels.set changes the level of the whole program, parts that exist included', async () => {
  const { logger, levels, written } = await net()
  const part = levels.part('main', { role: 'main' })
  levels.set('debug')
  logger.debug({}, 'one')
  part.debug({}, 'two')
  expect(written()).toMatch(/one[^]*two/)
})

test('LogLevels.set changes one part alone', async () => {
  const { logger, levels, written } = await net()
  const part = levels.part('main', { role: 'main' })
  levels.set('debug', 'main')
  logger.debug({}, 'one')
  part.debug({}, 'two')
  expect(written()).not.toMatch(/one/)
})

test.each([
  ['loud', undefined, /no level "loud"; it is one of trace, debug/],
  ['debug', 'other', /no part "other"; there is main/],
])('LogLevels.set refuses %s for %s', async (level, part, reason) => {
  const { levels } = await net()
  levels.part('main', {})
  expect(() => levels.set(level, part)).toThrow(reason)
})
