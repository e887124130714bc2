import type { ZxcvbnFactory } from '@zxcvbn-ts/core'

/** Says why a code is too easy to guess; undefined for a good one. */
export async function judgeCode(code: string): Promise<string | undefined> {
  const { score, feedback } = (await loadJudge()).check(code)
  if (score >= leastScore) return undefined
  const reason = feedback.warning ?? feedback.suggestions[0] ?? 'use more words that are less common.'
  return `this code is too easy to guess: ${reason}`
}

/** Loads the dictionaries, once. */
export function loadJudge(): Promise<ZxcvbnFactory> {
  judge ??= load()
  // A failure is for the one who asks.
  judge.catch(() => {})
  return judge
}

async function load(): Promise<ZxcvbnFactory> {
  const [core, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ])
  return new core.ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    translations: english.translations,
    l33tMaxSubstitutions,
  })
}

let judge: Promise<ZxcvbnFactory> | undefined

/** As the deployed relay has it: 10^6 to 10^8 guesses, which at 450 an hour from each address take long. */
const leastScore = 2

/**
 * With the default of 100, 64 characters of `p@$$w0rd` and the like took 5.9 s of the relay's time; with 1, and the 16
 * characters that the server hands over, 4 ms.
 */
const l33tMaxSubstitutions = 1
