import { expect, test } from 'vitest'
import { utf8Text } from './utf8-text.js'

test('utf8Text reads UTF-8, with and without a byte order mark', () => {
  const text = 'wörd 令牌'
  const [plain, marked] = [text, `\uFEFF${text}`].map((each) => utf8Text(Buffer.from(each)))
  expect({ plain, marked }).toEqual({ plain: text, marked: text })
})

test.each([
  ['Latin-1', Buffer.from('wörd', 'latin1'), 'not UTF-8'],
  ['UTF-16', Buffer.from('\uFEFFa', 'utf16le'), 'UTF-16'],
  ['UTF-16 in the other order', Buffer.from('\uFEFFa', 'utf16le').swap16(), 'UTF-16'],
])('utf8Text throws for %s', (_what, bytes, reason) => {
  expect(() => utf8Text(bytes)).toThrow(reason)
})
