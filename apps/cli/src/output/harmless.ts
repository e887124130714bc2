/**
 * Text from elsewhere without anything that a terminal would obey: control bytes and marks that turn the direction.
 * They are written as JSON writes them, so a line of JSON stays one that means the same.
 */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => char.split('').map(escaped).join(''))
}

/** As {@link harmless}, for a text of several lines. */
export function harmlessLines(text: string): string {
  return text.split('\n').map(harmless).join('\n')
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
