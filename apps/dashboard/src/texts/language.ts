import { computed, effect, signal } from '@preact/signals'
import { remember, remembered } from '../shell/memory.js'
import { en, type Texts } from './en.js'
import { zh } from './zh.js'

export type Language = 'en' | 'zh-CN'

/** Language of the page: the stored choice, otherwise the browser's. */
export const language = signal<Language>(firstLanguage())

/** Texts of the page. */
export const texts = computed<Texts>(() => (language.value === 'en' ? en : zh))

effect(() => {
  document.documentElement.lang = language.value
})

/** Switches to the other language, and stores it. */
export function switchLanguage(): void {
  language.value = language.value === 'en' ? 'zh-CN' : 'en'
  remember('language', language.value)
}

function firstLanguage(): Language {
  const chosen = remembered('language')
  if (chosen === 'en' || chosen === 'zh-CN') return chosen
  return navigator.language.startsWith('zh') ? 'zh-CN' : 'en'
}
