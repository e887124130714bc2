import { didYouMean, suggest } from './suggestion.js'

/** The names of options, each with a value about it; the compiler reports missing names. */
export type OptionNames<Options, About = true | OptionGroup> = { readonly [Name in keyof Options]-?: About }

/** The names in an object of options, each with `true`, or with the names in its group. */
export interface OptionGroup {
  readonly [name: string]: true | OptionGroup
}

/**
 * Refuses options that do not exist: without types, a misspelt one would be ignored, and a restriction with it.
 *
 * @throws TypeError that names the option, and similar ones
 */
export function checkOptionNames(options: object, known: OptionGroup): void {
  const unknown = unknownOption(options, known)
  if (unknown !== undefined) throw unknownOptionError(unknown, known)
}

/** Error that names an option which does not exist, and similar ones. */
export function unknownOptionError(path: string, known: OptionGroup): TypeError {
  const similar = similarPaths(path, known).map((each) => `\`${each}\``)
  return new TypeError(`there is no option \`${path}\`${didYouMean(similar)}`)
}

/** Path of the first given option that is not in `known`, such as `proxy.prot`; undefined if there is none. */
export function unknownOption(options: object, known: OptionGroup, prefix = ''): string | undefined {
  for (const [name, value] of Object.entries<unknown>({ ...options })) {
    if (value === undefined) continue
    const below = Object.hasOwn(known, name) ? known[name] : undefined
    if (below === undefined) return prefix + name
    const found = isGroup(below) && isGroup(value) ? unknownOption(value, below, `${prefix}${name}.`) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether `known` has an option with this path. */
export function hasOption(path: string, known: OptionGroup): boolean {
  return pathsOf(known).includes(path)
}

/**
 * Returns a group of options, empty if there is none.
 *
 * @param orElse What the option may be instead, for the error. @default nothing
 * @throws TypeError for anything but an object
 */
export function optionGroup<Group extends object>(name: string, group: Group | undefined, orElse = ''): Partial<Group> {
  if (group === undefined) return {}
  if (isGroup(group) && !Array.isArray(group)) return group
  throw new TypeError(`${name} is ${JSON.stringify(group)}; it must be an object of options${orElse}`)
}

/**
 * Runs a check of a group's members. A RangeError that begins with the name of one gets the group in front, so that
 * "graceMs is -1" becomes "limits.graceMs is -1".
 *
 * @throws what `check` throws
 */
export function inGroup<Result>(group: string, members: object | undefined, check: () => Result): Result {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const [name = ''] = /^\w+/.exec(error.message) ?? []
    if (!Object.hasOwn({ ...members }, name)) throw error
    throw new RangeError(`${group}.${error.message}`, { cause: error })
  }
}

/** Paths with a similar last name: those of the same group, else those anywhere. */
function similarPaths(path: string, known: OptionGroup): readonly string[] {
  const paths = pathsOf(known)
  const siblings = paths.filter((each) => groupOf(each) === groupOf(path))
  const near = similarAmong(path, siblings)
  return near.length > 0 ? near : similarAmong(path, paths)
}

function similarAmong(path: string, paths: readonly string[]): readonly string[] {
  const names = suggest(lastName(path), [...new Set(paths.map(lastName))])
  return names.flatMap((name) => paths.filter((each) => lastName(each) === name)).slice(0, 2)
}

function pathsOf(known: OptionGroup, prefix = ''): readonly string[] {
  return Object.entries(known).flatMap(([name, below]) => {
    const path = prefix + name
    return isGroup(below) ? [path, ...pathsOf(below, `${path}.`)] : [path]
  })
}

function groupOf(path: string): string {
  return path.slice(0, path.lastIndexOf('.') + 1)
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

function isGroup<T>(value: T): value is T & object {
  return typeof value === 'object' && value !== null
}
