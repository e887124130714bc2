import type { JSX } from 'preact'

/** Strokes in a square of 24 units. */
const paths = {
  overview: 'M3 13h4l3-8 4 14 3-6h4',
  links: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  connections: 'M4 7h13l-3-3M20 17H7l3 3',
  destinations: 'M12 21s7-6.5 7-11.5a7 7 0 1 0-14 0C5 14.5 12 21 12 21M12 7a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5',
  tokens: 'M15 9a4 4 0 1 0-3.5 4L14 15.5h2v2h2v2h3v-3l-6.5-6.5M8 9h.01',
  ports: 'M5 4h14v16H5zM9 8h6M9 12h6M12 16h.01',
  log: 'M5 6h14M5 12h14M5 18h9',
  config: 'M5 7h8M17 7h2M5 17h2M11 17h8M15 5v4M9 15v4',
  exit: 'M14 4h5v16h-5M4 12h11M11 8l4 4-4 4',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5 19 19M5 19l1.5-1.5M17.5 6.5 19 5',
  moon: 'M20 14A8 8 0 1 1 10 4a6.5 6.5 0 0 0 10 10',
  auto: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  warning: 'M12 4 3 20h18zM12 10v4M12 17h.01',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l4 4',
} as const

export type IconName = keyof typeof paths

/** A small picture beside a word with the same meaning. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}
