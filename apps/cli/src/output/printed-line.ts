import { escapeControls } from './escape-controls.js'

/**
 * Formats a line for standard output. In `json` it is an object with the line's name and value, and the role before it
 * in brackets, so that a collector which reads both streams finds only JSON.
 */
export function printedLine(line: string, format: 'auto' | 'human' | 'json'): string {
  // Servers and peers choose some of the words.
  if (format !== 'json') return `${escapeControls(line)}\n`
  const [, role, rest = line] = /^\[([^\]]+)\] (.*)$/s.exec(line) ?? []
  const [, name, value] = /^([a-z][a-z ]*): (.*)$/s.exec(rest) ?? []
  return `${escapeControls(JSON.stringify({ role, ...(name === undefined ? { text: rest } : { name, value }) }))}\n`
}
