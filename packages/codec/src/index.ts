export { MessageType } from './message-type.js'
export type * from './message.js'
