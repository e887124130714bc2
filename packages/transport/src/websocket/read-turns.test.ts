import { turns } from '@ls/testkit'
import { expect, test } from 'vitest'
import { ReadTurns } from './read-turns.js'

/** Shorter than the time between two questions. */
const noTimeMs = 1e-6

test('ReadTurns: a turn is not over before its time', () => {
  expect(new ReadTurns(60_000).isOver).toBe(false)
})

test('ReadTurns: a turn is over after its time', () => {
  const readTurns = new ReadTurns(noTimeMs)
  void readTurns.isOver
  expect(readTurns.isOver).toBe(true)
})

test('ReadTurns: the next turn of the event loop has time again', async () => {
  const readTurns = new ReadTurns(noTimeMs)
  void readTurns.isOver
  await turns(2)
  expect(readTurns.isOver).toBe(false)
})

test('ReadTurns: those that wait continue in their order, each turn as many as there is time for', async () => {
  const readTurns = new ReadTurns(noTimeMs)
  void readTurns.isOver
  const taken: string[] = []
  for (const name of ['first', 'second', 'third']) {
    readTurns.wait({ takeTurn: () => void taken.push(readTurns.isOver ? `${name} alone` : name) })
  }
  await turns(5)
  expect(taken).toEqual(['first alone', 'second alone', 'third alone'])
})

test('ReadTurns: those that wait continue in one turn while there is time', async () => {
  const readTurns = new ReadTurns(60_000)
  void readTurns.isOver
  const taken: string[] = []
  for (const name of ['first', 'second']) readTurns.wait({ takeTurn: () => void taken.push(name) })
  await turns(1)
  expect(taken).toEqual(['first', 'second'])
})
