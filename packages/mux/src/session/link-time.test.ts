import { expect, test } from 'vitest'
import { LinkTime } from './link-time.js'

test.each([
  ['no link yet', () => {}, 0],
  ['a link that is up', (time: LinkTime) => time.began(20_000), 10_000],
  [
    'a link that was reset',
    (time: LinkTime) => {
      time.began(10_000)
      time.ended(14_000, 0)
    },
    4000,
  ],
  [
    'a link that vanished',
    (time: LinkTime) => {
      time.began(10_000)
      time.ended(19_000, 8000)
    },
    1000,
  ],
  [
    'a link without any bytes',
    (time: LinkTime) => {
      time.began(10_000)
      time.ended(18_000, 9000)
    },
    0,
  ],
  [
    'two links that vanished, and one that is up',
    (time: LinkTime) => {
      time.began(0)
      time.ended(8500, 8000)
      time.began(9000)
      time.ended(17_500, 8000)
      time.began(29_000)
    },
    2000,
  ],
])('LinkTime of %s', (_, live, totalMs) => {
  const time = new LinkTime()
  live(time)
  expect(time.totalMs(30_000)).toBe(totalMs)
})
