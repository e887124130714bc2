export { judgeCode, loadJudge } from './relay-mode/judge-code.js'
