/** Number of columns of a text in a terminal. */
export function widthOf(text: string): number {
  let width = 0
  for (const char of text) width += columnsOf(char)
  return width
}

/** Fits a text into exactly this many columns: cut with `…`, or padded with spaces at its end. */
export function fit(text: string, columns: number): string {
  const missing = columns - widthOf(text)
  return missing >= 0 ? text + ' '.repeat(missing) : cut(text, columns)
}

/** Does the same as {@link fit}, padded in front. */
export function fitRight(text: string, columns: number): string {
  const missing = columns - widthOf(text)
  return missing >= 0 ? ' '.repeat(missing) + text : cut(text, columns)
}

/** Draws values as a row of bars, the last one at the right end. */
export function sparkline(values: readonly number[], columns: number): string {
  const shown = values.slice(-columns)
  const top = Math.max(1, ...shown)
  const bars = shown.map((value) => barOf(value / top)).join('')
  return bars.padStart(columns)
}

function cut(text: string, columns: number): string {
  if (columns <= 0) return ''
  let [kept, width] = ['', 0]
  for (const char of text) {
    width += columnsOf(char)
    if (width > columns - 1) break
    kept += char
  }
  return fit(`${kept}…`, columns)
}

/** Bar for a value: zero is a space, and any other value is visible. */
function barOf(part: number): string {
  return part <= 0 ? ' ' : (bars[Math.min(bars.length - 1, Math.floor(part * bars.length))] ?? ' ')
}

const bars = '▁▂▃▄▅▆▇█'

function columnsOf(char: string): number {
  if (/\p{M}/u.test(char)) return 0
  return wide.test(char) ? 2 : 1
}

/** Unicode UAX 11: scripts of East Asia, full-width forms, pictures. */
const wide =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
