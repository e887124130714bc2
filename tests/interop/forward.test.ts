import { describeTraffic } from './describe-traffic.js'
import { forwardCases } from './matrix.js'

describeTraffic(forwardCases())
