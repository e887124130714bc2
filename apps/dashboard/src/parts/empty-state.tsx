import type { ComponentChildren, JSX } from 'preact'
import { Icon, type IconName } from './icon.js'

export interface EmptyStateProps {
  readonly icon: IconName
  readonly title: string
  /** Suggested next step. */
  readonly hint: string
  readonly children?: ComponentChildren
}

/** Placeholder of an empty list. */
export function EmptyState({ icon, title, hint, children }: EmptyStateProps): JSX.Element {
  return (
    <section class="card empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      <p>{hint}</p>
      {children}
    </section>
  )
}
