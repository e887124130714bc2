import { appendTraceparent, readTraceparent } from '@ls/codec'
import { RenewedMap } from '@ls/foundation'
import { consumingHandler } from './channel/consuming-handler.js'
import { Admission } from './memory/admission.js'
import { processFramePool } from './memory/frame-pool.js'
import { PathControl } from './path/path-control.js'
import { SharedPathControl } from './path/shared/shared-path-control.js'
import type { SharedPath } from './path/shared/shared-path.js'
import { CompressedData } from './session/compressed-data.js'
import type { SessionParts } from './session/session-parts.js'
import { UrgentLink } from './urgent/urgent-link.js'

/** All code of a session. */
export const wholeParts: SessionParts = {
  pathLimit: (options) => new PathControl(options),
  UrgentLink,
  framePool: processFramePool,
  consuming: consumingHandler,
  compressed: (compressor) => new CompressedData(compressor),
  admission: (options) => new Admission(options),
  Table: RenewedMap,
  trace: {
    append: (connect, traceparent) => (traceparent === undefined ? connect : appendTraceparent(connect, traceparent)),
    read: readTraceparent,
  },
}

/** Returns {@link wholeParts} for a session that may share its path with others. */
export function partsOn(sharedPath: SharedPath | undefined): SessionParts {
  if (sharedPath === undefined) return wholeParts
  return { ...wholeParts, pathLimit: (options) => new SharedPathControl(options, sharedPath) }
}
