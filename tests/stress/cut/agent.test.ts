import { ci } from '../settings.js'
import { testCuts } from './scene.js'

testCuts('agent, both hops', { mode: 'agent', cuts: ci ? 200 : 20 })
