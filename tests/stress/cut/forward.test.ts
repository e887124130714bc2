import { ci } from '../settings.js'
import { testCuts } from './scene.js'

testCuts('forward', { mode: 'forward', cuts: ci ? 200 : 20 })
