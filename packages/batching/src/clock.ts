export { systemClock, type Clock, type TimerHandle } from '@ls/foundation'
