import type { JSX } from 'preact'
import { encode } from 'uqr'

/** A QR code, dark on light in every theme, as scanners expect it. */
export function Qr({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  const { data, size } = encode(text)
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')))
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path.join('')} fill="#000" />
    </svg>
  )
}
