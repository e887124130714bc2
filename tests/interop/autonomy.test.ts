import { describeTraffic } from './describe-traffic.js'
import { threePartyCases } from './matrix.js'

describeTraffic(threePartyCases('autonomy'))
