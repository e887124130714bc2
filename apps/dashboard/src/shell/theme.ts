import { effect, signal } from '@preact/signals'
import { remember, remembered } from './memory.js'

const themes = ['auto', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

/** Current theme; `auto` follows the system. */
export const theme = signal<Theme>(themes.find((each) => each === remembered('theme')) ?? 'auto')

effect(() => {
  document.documentElement.dataset['theme'] = theme.value
})

/** Switches to the next theme, and stores it. */
export function switchTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'auto'
  remember('theme', theme.value)
}
