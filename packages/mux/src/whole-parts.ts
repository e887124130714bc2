import { appendTraceparent, readTraceparent } from '@ls/codec'
import { Admission } from './memory/admission.js'
import { PathControl } from './path/path-control.js'
import type { SessionParts } from './session/session-parts.js'
import { UrgentCopies } from './urgent/urgent-copies.js'

/** All code of a session. */
export const wholeParts: SessionParts = {
  pathLimit: (options) => new PathControl(options),
  UrgentCopies,
  admission: (options) => new Admission(options),
  trace: { append: appendTraceparent, read: readTraceparent },
}
