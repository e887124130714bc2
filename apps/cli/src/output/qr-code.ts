/**
 * Renders a text as the lines of a QR code.
 *
 * @param style On a terminal the lines bring their own colours, as escape sequences: readers need dark modules on a
 * light ground, and a terminal may be dark or light.
 */
export async function qrCode(text: string, style: 'coloured' | 'plain'): Promise<string[]> {
  // Loaded only if needed.
  const { renderUnicodeCompact } = await import('uqr')
  const lines = renderUnicodeCompact(text, { border: quietModules }).split('\n')
  return style === 'coloured' ? lines.map((line) => `${lightOnDark}${line}${ownColours}`) : lines
}

/** Light modules around the code. The standard asks for 4 (ISO/IEC 18004), which readers do not need. */
const quietModules = 2
const lightOnDark = '\u001B[97;40m'
const ownColours = '\u001B[0m'
