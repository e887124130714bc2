import { describe, expect, test } from 'vitest'
import { type DeployedFlag, deployedFlags } from '../../testing/deployed-flags.js'
import { settingName, type Flag } from '../flag.js'
import { flagsOf } from '../flags.js'
import { parseCommandLine, type Run } from './command-line.js'

/** Commands of this program that accept the flags of each command in Go. */
const takers = { server: ['server'], client: ['client', 'connector', 'provider'] } as const
const rows = deployedFlags.flatMap((flag) => takers[flag.command].map((command) => ({ ...flag, command })))

/** Texts that Go accepts for a flag of that type, and their meaning. */
const samples: Record<DeployedFlag['type'], readonly [text: string, meaning: unknown]> = {
  bool: ['true', true],
  count: ['2', 2],
  duration: ['1m30s', 90_000],
  int: ['8', 8],
  string: ['text', 'text'],
  stringArray: ['10.0.0.0/8:80', ['10.0.0.0/8:80']],
}

/** One of the accepted words, if only some are accepted. */
function sampleOf(flag: Flag | undefined, type: DeployedFlag['type']): readonly [text: string, meaning: unknown] {
  const word = flag !== undefined && 'choices' in flag ? flag.choices?.at(-1) : undefined
  return word === undefined ? samples[type] : [word, word]
}

describe.each(rows)(
  "$command --$name, a flag of LinkSocks 1.10.3's command line,",
  ({ command, name, short, type }) => {
    const flag = flagsOf(command).find((each) => each.name === name || each.aliases?.includes(name))
    const [text, meaning] = sampleOf(flag, type)

    test('means the same here, or is said to have no effect', () => {
      expect(flag === undefined ? undefined : meaningOf(flag, [command, `--${name}=${text}`])).toEqual(
        expectedOf(flag, meaning),
      )
    })

    test('has the same short form', () => {
      expect(flag?.short).toBe(short)
    })
  },
)

const noEffect = 'none, as a warning says'

/** Expected value: some flags may be repeated here where Go takes one value. */
function expectedOf(flag: Flag | undefined, meaning: unknown): unknown {
  if (flag?.ignored !== undefined) return noEffect
  return flag?.type === 'list' ? [meaning].flat() : meaning
}

function meaningOf(flag: Flag, argv: readonly string[]): unknown {
  const { settings, warnings } = parseCommandLine(argv, {}) as Run
  if (warnings.some((warning) => warning.startsWith(`without effect: --${flag.name}`))) return noEffect
  return (settings as Record<string, unknown>)[settingName(flag)]
}
