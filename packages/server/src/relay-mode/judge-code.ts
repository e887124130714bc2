import type { ZxcvbnFactory } from '@zxcvbn-ts/core'

/**
 * Returns why a code is too easy to guess; undefined for a strong one. A value for `RelayOptions.judgeCode`; it needs
 * the packages `@zxcvbn-ts/core`, `@zxcvbn-ts/language-common` and `@zxcvbn-ts/language-en`.
 */
export async function judgeCode(code: string): Promise<string | undefined> {
  const { score, feedback } = (await loadJudge()).check(code)
  if (score >= leastScore) return undefined
  const reason = feedback.warning ?? feedback.suggestions[0] ?? 'use more words that are less common.'
  return `this code is too easy to guess: ${asPart(reason)}`
}

/** A sentence as a part of another one. */
function asPart(sentence: string): string {
  return `${sentence.slice(0, 1).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`
}

/** Loads the dictionaries, once: takes about a second. Later calls of {@link judgeCode} then answer immediately. */
export function loadJudge(): Promise<ZxcvbnFactory> {
  judge ??= load()
  // The caller that needs it gets the failure.
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

/** As in the deployed relay: 10^6 to 10^8 guesses, which at 450 an hour from each address take long. */
const leastScore = 2

/**
 * With the default of 100, 64 characters of `p@$$w0rd` and the like took 5.9 s of the relay's time; with 1, and the 16
 * characters that the server passes, 4 ms.
 */
const l33tMaxSubstitutions = 1
