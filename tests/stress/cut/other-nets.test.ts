import { ci } from '../settings.js'
import { testCuts } from './scene.js'

const cuts = ci ? 40 : 10

testCuts('forward with four threads', { mode: 'forward', threads: 4, cuts })
testCuts('reverse', { mode: 'reverse', cuts })
testCuts("agent, the connector's hop", { mode: 'agent', cutAt: 'connector', cuts })
testCuts("agent, the provider's hop", { mode: 'agent', cutAt: 'provider', cuts })
testCuts('autonomy, both hops', { mode: 'autonomy', cuts })
