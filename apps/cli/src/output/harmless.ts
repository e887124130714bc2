/**
 * Escapes everything in a foreign text that a terminal would interpret: control bytes and direction marks. They are
 * written as in JSON, so a line of JSON stays valid and keeps its meaning.
 */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => char.split('').map(escaped).join(''))
}

/** Does the same as {@link harmless}, for a text of several lines. */
export function harmlessLines(text: string): string {
  return text.split('\n').map(harmless).join('\n')
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
