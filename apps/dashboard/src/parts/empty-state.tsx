import type { ComponentChildren, JSX } from 'preact'
import { Icon, type IconName } from './icon.js'

export interface EmptyStateProps {
  readonly icon: IconName
  readonly title: string
  /** What to do next. */
  readonly hint: string
  readonly children?: ComponentChildren
}

/** Stands where there is nothing to show. */
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
