/**
 * Parses an amount of data in bytes: a number, or a text such as `10Mbit`, `1.5GB`, `64KiB`; undefined for anything
 * else. A rate may end in `/s`.
 */
export function parseAmount(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined
  if (typeof value !== 'string') return undefined
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s*(?:([kmgt]?)(i?)(b|bit)(?:\/s)?)?$/i.exec(value.trim())
  if (match === null) return undefined
  const [, digits = '', prefix = '', binary = '', unit = ''] = match
  if (binary !== '' && prefix === '') return undefined
  const base = binary === '' ? 1000 : 1024
  const factor = base ** prefixes.indexOf(prefix.toLowerCase())
  const bytes = Math.round((Number(digits) * factor) / (unit.toLowerCase() === 'bit' ? 8 : 1))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

const prefixes = ['', 'k', 'm', 'g', 't']
