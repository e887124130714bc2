/**
 * Escapes everything in a foreign text that a terminal would interpret: control bytes and direction marks. They are
 * written as in JSON, so a line of JSON stays valid and keeps its meaning.
 */
export function escapeControls(text: string): string {
  if (plain.test(text)) return text
  interpreted ??= new RegExp('[\\p{Cc}\\p{Cf}\\u2028\\u2029]', 'gu')
  return text.replace(interpreted, (char) => char.split('').map(escaped).join(''))
}

const plain = /^[ -~]*$/

/** Made when a text needs it: for a literal V8 reads Unicode's tables when it parses the module, and keeps them. */
let interpreted: RegExp | undefined

/** Does the same as {@link escapeControls}, for a text of several lines. */
export function escapeControlsInLines(text: string): string {
  return text.split('\n').map(escapeControls).join('\n')
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
