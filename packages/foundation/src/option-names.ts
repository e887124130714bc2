import { didYouMean, suggest } from './suggestion.js'

/** The names of options, each with a value about it; the compiler reports missing names. */
export type OptionNames<Options, About = true> = { readonly [Name in keyof Options]-?: About }

/**
 * Refuses options that do not exist: without types, a misspelt one would be ignored, and a restriction with it.
 *
 * @throws TypeError that names the option, and similar ones
 */
export function checkOptionNames(options: object, known: Readonly<Record<string, unknown>>): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name))
  if (unknown === undefined) return
  const meant = suggest(unknown, Object.keys(known)).map((name) => `\`${name}\``)
  throw new TypeError(`there is no option \`${unknown}\`${didYouMean(meant)}`)
}
