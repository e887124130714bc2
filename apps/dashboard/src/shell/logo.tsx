import type { JSX } from 'preact'

/** Logo: two links of a chain. */
export function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8 11h6a5 5 0 0 1 0 10H8M24 21h-6a5 5 0 0 1 0-10h6" />
    </svg>
  )
}
