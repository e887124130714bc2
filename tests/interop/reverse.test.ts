import { describeTraffic } from './describe-traffic.js'
import { reverseCases } from './matrix.js'

describeTraffic(reverseCases())
