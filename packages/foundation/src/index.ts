export { systemClock, type Clock, type TimerHandle } from './clock.js'
export { silentLogger, type Logger } from './logger.js'
export { checkDurationMs, checkInteger, maxPort, maxTimerMs } from './ranges.js'
