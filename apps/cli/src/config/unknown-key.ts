import { didYouMean, suggest } from '@ls/foundation'
import { shorten } from '../arguments/flag-value.js'
import type { Flag } from '../flag.js'
import { processFlags, roleFlags, roleSections } from './structure.js'

/** Message about an unknown key. */
export function unknownKey(key: string, flags: readonly Flag[], others: readonly string[]): string {
  const names = [...flags.map(({ name }) => name), ...others]
  const elsewhere = sectionsWith(key)
  const dashed = key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase()
  const near = names.includes(dashed) ? [dashed] : suggest(key, names)
  if (near.length === 0 && elsewhere.length > 0) return `is no key here; it belongs to ${elsewhere.join(', ')}`
  return `unknown key '${shorten(key)}'${didYouMean(near)}`
}

function sectionsWith(key: string): readonly string[] {
  const has = (flags: readonly Flag[]): boolean => flags.some(({ name }) => name === key)
  const inRoles = roleSections.filter(({ kind }) => has(roleFlags(kind))).map((section) => section.key)
  return has(processFlags()) ? ['the top of the file', ...inRoles] : inRoles
}
