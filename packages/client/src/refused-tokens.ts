/**
 * Whether a server refuses a connector token for what it is, so that the provider needs another one. It sends only a
 * text, so this is decided by the words of the known servers (docs/interop.md). A text that is not known may be of a
 * passing fault, such as a full disk. A provider that may have no connector tokens still serves users of the server.
 */
export function isFinalRefusal(reason: string): boolean {
  return finalWords.some((words) => words.test(reason))
}

const finalWords = [
  // Relays, ours and the deployed one: the code is too short.
  /\bat least \d+\b/,
  // It is easy to guess: our own words, and all that zxcvbn may say of such a code.
  /\bto guess\b|\bcommon(?:ly used)? password\b|\bUncommon words\b|\btoo weak\b/,
  // It is the hash of a token.
  /\bnot its hash\b/,
]

/**
 * Delay before a token that was refused `refusals` times is requested again, in milliseconds: 10 s, doubled each time,
 * up to a minute. Usually another provider has it, and a relay counts such requests as guesses of the address.
 */
export function tokenRetryMs(refusals: number): number {
  return Math.min(firstRetryMs * 2 ** (refusals - 1), maxRetryMs)
}

const firstRetryMs = 10_000

const maxRetryMs = 60_000
