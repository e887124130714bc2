/** Pino's build for browsers has the types of the one for Node. */
declare module 'pino/browser.js' {
  export { default } from 'pino'
}
