import fc from 'fast-check'

/** One event; `at` selects a channel, and the step does nothing while there is none. */
export type Step =
  | { readonly kind: 'open'; readonly early: boolean; readonly accept: boolean; readonly habit: Habit }
  | { readonly kind: 'send' | 'stream'; readonly at: number; readonly side: Side; readonly bytes: number }
  | { readonly kind: Act; readonly at: number; readonly side: Side }
  | { readonly kind: 'cut' | 'reconnect'; readonly hop: number }
  | { readonly kind: 'advance'; readonly ms: number }

export type Side = 'near' | 'far'
export type Act = 'pause' | 'resume' | 'hoard' | 'consume' | 'end' | 'disconnect' | 'abort' | 'accept'

/** Action of an end inside its callbacks. */
export type Habit = 'none' | 'echo' | 'pauses' | 'flutters' | 'endsOnEnd'

const index = fc.nat({ max: 7 })
const side = fc.constantFrom<Side>('near', 'far')
const bytes = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 40_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 40_000, max: 204_800 }) },
)
const quiet = fc.constantFrom<Act>('pause', 'resume', 'resume', 'hoard', 'consume', 'consume', 'accept')
const final = fc.constantFrom<Act>('end', 'end', 'end', 'disconnect', 'abort')

/** Random sequences of all possible events. */
export function steps(maxLength: number): fc.Arbitrary<Step[]> {
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('open' as const),
        early: fc.boolean(),
        accept: fc.boolean(),
        habit: fc.constantFrom<Habit>('none', 'none', 'echo', 'pauses', 'flutters', 'endsOnEnd'),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constantFrom('send' as const, 'stream' as const), at: index, side, bytes }),
    },
    { weight: 5, arbitrary: fc.record({ kind: quiet, at: index, side }) },
    { weight: 2, arbitrary: fc.record({ kind: final, at: index, side }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom('cut' as const, 'reconnect' as const), hop: fc.nat(19) }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(0, 1, 9, 40, 300) }),
    },
  )
  return fc.array(step, { minLength: 1, maxLength, size: 'max' })
}
