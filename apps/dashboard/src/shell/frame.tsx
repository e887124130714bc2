import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { signOut } from '../api/session.js'
import { connection, numbers } from '../live/live.js'
import { Icon } from '../parts/icon.js'
import { texts } from '../texts/language.js'
import { Logo } from './logo.js'
import { Preferences } from './preferences.js'
import { addressOf, page, pagesOf } from './route.js'

/** Frame around each page: the menu, and the state of the server. */
export function Frame({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const t = texts.value
  const title = t.pages[page.value]
  useEffect(() => {
    document.title = `${title} · ${t.title}`
  }, [title, t])
  return (
    <div class="frame">
      <a class="skip" href="#content" onClick={focusContent}>
        {t.skip}
      </a>
      <header class="side">
        <div class="brand">
          <Logo />
          <span>{t.title}</span>
        </div>
        <Menu />
        <div class="side-end">
          <Preferences />
          <button class="quiet" onClick={() => void signOut()}>
            <Icon name="exit" />
            <span>{t.signOut}</span>
          </button>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <div class="top">
          <h1>{title}</h1>
          <State />
        </div>
        {connection.value === 'lost' && (
          <p class="banner" role="status">
            <Icon name="warning" />
            {t.lostLong}
          </p>
        )}
        {children}
      </main>
    </div>
  )
}

/** Moves the focus. The address contains the page, so the link must not change it. */
function focusContent(event: Event): void {
  event.preventDefault()
  document.querySelector<HTMLElement>('#content')?.focus()
}

function Menu(): JSX.Element {
  const t = texts.value
  const nav = useRef<HTMLElement>(null)
  // In a narrow window the menu scrolls sideways.
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [page.value])
  return (
    <nav aria-label={t.menu} ref={nav}>
      {pagesOf[numbers.value?.program ?? 'server'].map((name) => (
        <a key={name} href={addressOf(name)} aria-current={name === page.value ? 'page' : undefined}>
          <Icon name={name} />
          <span>{t.pages[name]}</span>
        </a>
      ))}
    </nav>
  )
}

function State(): JSX.Element {
  const t = texts.value
  const isUnready = connection.value === 'live' && numbers.value?.ready === false
  const state = isUnready ? 'unready' : connection.value
  const words = isUnready ? t.notReady : t.connection[connection.value]
  return (
    <p class="state">
      <span class={`pill ${state}`} title={numbers.value?.reasons.join('; ')}>
        {words}
      </span>
    </p>
  )
}
