import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MessageType } from '../packages/codec/src/message/message-type.ts'
import { replyWords } from '../packages/foundation/src/reply-words.ts'
import { statusOfReply } from '../packages/http-proxy/src/reply.ts'
import { SessionCloseCode } from '../packages/mux/src/link/transport.ts'
import { helloWindowBytes } from '../packages/mux/src/options.ts'
import { replyOf } from '../packages/relay/src/failure.ts'
import { replyBytes } from '../packages/socks5/src/reply.ts'
import { CloseCode } from '../packages/transport/src/websocket/close-code.ts'
import { headings, tables } from './markdown.mjs'
import { sourceConstant } from './source-constants.mjs'
import { listFiles, repositoryRoot } from './workspace.mjs'

// Others write their programs by spec/protocol.md, so its numbers must be those of the code.

const page = read('spec/protocol.md')
const sections = new Set(headings(page).map(({ text }) => /^(?<number>\d(?:\.\d+)?)\.? /.exec(text)?.groups.number))
const rowsBelow = (...columns) =>
  tables(page)
    .filter(({ header }) => columns.every((column, index) => header[index] === column))
    .flatMap(({ rows }) => rows)

const files = ['packages', 'apps', 'docs', 'tests', 'spec'].flatMap((folder) =>
  listFiles(repositoryRoot, folder, ['.ts', '.md', '.mjs', '.py']),
)
const citations = files.flatMap((file) =>
  read(file)
    .split('\n')
    .flatMap((line, index) => citationsIn(line).map((cited) => ({ ...cited, where: `${file}:${index + 1}` }))),
)

/** Types of other programs, and rows without a type. */
const notOurs = new Set(['—', 'ChannelBind', 'ChannelMigrate', 'ChannelMigrateAck', 'ChannelDataAck'])
/** Codes that are never on the wire. */
const unsent = new Set(['noStatus', 'abnormal'])

describe('citations of protocol.md', () => {
  test('are found', () => {
    expect(citations.length).toBeGreaterThan(50)
  })

  test('name sections that exist', () => {
    expect(citations.filter(({ section }) => !sections.has(section)).map(({ where }) => where)).toEqual([])
  })

  test('quote what stands there', () => {
    const text = plain(page)
    const wrong = citations.filter(({ quote }) => quote !== undefined && !text.includes(plain(quote)))
    expect(wrong.map(({ where }) => where)).toEqual([])
  })
})

describe('spec/protocol.md', () => {
  test('names only sections of its own that exist', () => {
    const own = [...page.matchAll(/(?<!RFC \d+ )§(?<section>\d(?:\.\d+)?)/g)].map(({ groups }) => groups.section)
    expect(own.filter((section) => !sections.has(section))).toEqual([])
  })

  test('has the type codes of the codec', () => {
    const written = rowsBelow('Type', 'Name').map(([code, name]) => [name, Number(code)])
    const known = written.filter(([name]) => !notOurs.has(name))
    expect(Object.fromEntries(known)).toEqual(MessageType)
  })

  test('has the reply words with what SOCKS5, SOCKS4 and HTTP say', () => {
    const written = rowsBelow('Word').map(([word, ...answers]) => [word, ...answers.slice(0, 3).map(Number)])
    const inCode = replyWords.map((word) => {
      const { socks5, socks4 } = replyBytes[replyOf(word)]
      return [`\`${word}\``, socks5, socks4, statusOfReply(word)]
    })
    expect(written).toEqual(inCode)
  })

  test.each(rowsBelow('What', 'SOCKS5'))('has the answer %s', (word, socks5, socks4) => {
    expect({ socks5: Number(socks5), socks4: Number(socks4) }).toEqual(replyBytes[word.replaceAll('`', '')])
  })

  test.each(Object.entries({ ...CloseCode, ...SessionCloseCode }).filter(([name]) => !unsent.has(name)))(
    'has close code %s',
    (name, code) => {
      expect(rowsBelow('Close code', 'Name').map((row) => row.slice(0, 2))).toContainEqual([String(code), name])
    },
  )

  test.each(rowsBelow('What', 'Value', 'In the code'))('%s: %s', (_what, value, place) => {
    const { name, file } = /^`(?<name>\w+)` in `(?<file>[^`]+)`$/.exec(place).groups
    expect(amount(value, name)).toBe(sourceConstant(file, name))
  })

  test('has the first credit that Hello promises', () => {
    expect(page).toContain(`promise ${helloWindowBytes(Infinity)} bytes in Hello`)
  })

  test('has rows of numbers', () => {
    expect(rowsBelow('What', 'Value', 'In the code').length).toBeGreaterThan(50)
  })
})

/**
 * Converts a text such as `256 KiB` to the number of the code: bytes, or the unit at the end of the constant's name.
 */
function amount(text, name) {
  const { number, unit = '' } = /^(?<number>\d+)(?: (?<unit>bytes|KiB|MiB|ms|s|min|h))?$/.exec(text).groups
  const factor = { '': 1, bytes: 1, KiB: 1024, MiB: 1024 ** 2, ms: 1, s: 1000, min: 60_000, h: 3_600_000 }[unit]
  return (Number(number) * factor) / (name.endsWith('Seconds') ? 1000 : 1)
}

/** Returns every section that a line cites, and its quotations from there. */
function citationsIn(line) {
  const start = line.search(/protocol\.md/i)
  if (start < 0) return []
  const cited = line.slice(start).replaceAll(/RFC \d+ §[\d.]+/g, '')
  const quote = /§[\d.]+[:,]? "(?<quote>[^"]+)"/.exec(cited)?.groups.quote
  return [...cited.matchAll(/§(?<section>\d(?:\.\d+)?)/g)].map(({ groups: { section } }) => ({ section, quote }))
}

function plain(text) {
  return text.replaceAll(/[\s*`]+/g, ' ').toLowerCase()
}

function read(file) {
  return readFileSync(join(repositoryRoot, file), 'utf8')
}
