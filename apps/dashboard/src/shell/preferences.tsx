import type { JSX } from 'preact'
import { Icon } from '../parts/icon.js'
import { language, switchLanguage, texts } from '../texts/language.js'
import { switchTheme, theme } from './theme.js'

const icons = { auto: 'auto', light: 'sun', dark: 'moon' } as const

/** Controls for language and theme. */
export function Preferences(): JSX.Element {
  const name = texts.value.themes[theme.value]
  return (
    <div class="preferences">
      <button class="quiet" onClick={switchLanguage} lang={language.value === 'en' ? 'zh-CN' : 'en'}>
        {texts.value.otherLanguage}
      </button>
      <button class="quiet icon-only" onClick={switchTheme} title={name} aria-label={name}>
        <Icon name={icons[theme.value]} />
      </button>
    </div>
  )
}
