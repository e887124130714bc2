import { loggerOfPart } from '@ls/foundation'
import { expect, test } from 'vitest'
import { Redactor } from '../redactor.js'
import { LogLevels } from './log-levels.js'
import { createLogger } from './logger.js'

/** The log of a program with two roles, and the lines of libraries in them. */
async function net() {
  let text = ''
  const output = { write: (line: string) => (text += line) !== '' }
  const levels = new LogLevels('info')
  const logger = await createLogger({ levels, format: 'json', redactor: new Redactor(), output, environment: {} })
  const [home, office] = [levels.role('home', logger), levels.role('office', logger)]
  const loggers = [
    ['home mux', loggerOfPart(home, 'mux')],
    ['home relay', loggerOfPart(home, 'relay').child({ id: 1 })],
    ['office mux', loggerOfPart(loggerOfPart(office, 'server'), 'mux')],
    ['program', logger],
  ] as const
  const written = () => {
    text = ''
    for (const [name, each] of loggers) each.debug({}, name)
    return loggers.filter(([name]) => text.includes(name)).map(([name]) => name)
  }
  return { levels, logger, written, text: () => text }
}

test.each([
  ['no change', [], []],
  ['a level for all', [['debug']], ['home mux', 'home relay', 'office mux', 'program']],
  ['a level for a library', [['debug', 'mux']], ['home mux', 'office mux']],
  ['a level for a role', [['debug', 'home']], ['home mux', 'home relay']],
  [
    'a level for a library after one for a role',
    [
      ['debug', 'home'],
      ['warn', 'mux'],
    ],
    ['home relay'],
  ],
  [
    'a level for a role after one for a library',
    [
      ['warn', 'mux'],
      ['debug', 'home'],
    ],
    ['home mux', 'home relay'],
  ],
  ['a level for all after one for a library', [['debug', 'mux'], ['info']], []],
] as const)('LogLevels.set, with %s, applies to loggers that exist', async (_what, changes, expected) => {
  const { levels, written } = await net()
  for (const [level, part] of changes) levels.set(level, part)
  expect(written()).toEqual(expected)
})

test('LogLevels.set to silent leaves out errors too', async () => {
  const { levels, logger, text } = await net()
  levels.set('silent')
  logger.error({}, 'one')
  expect(text()).toBe('')
})

test.each([
  ['loud', undefined, /no level "loud"; it is one of trace, debug/],
  ['debug', 'other', /no part "other"; there is home, office, api, client/],
])('LogLevels.set refuses %s for %s', async (level, part, reason) => {
  const { levels } = await net()
  expect(() => levels.set(level, part)).toThrow(reason)
})
