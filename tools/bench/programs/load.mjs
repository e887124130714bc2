// The load, in a process of its own: accepts one task at a time from its parent, sends marks, and returns the result.
import { bulk } from '../load/bulk.mjs'
import { closeChannels, openChannels, useChannels } from '../load/channels.mjs'
import { requests } from '../load/http.mjs'
import { keystrokes } from '../load/keystrokes.mjs'
import { answerTimes, connectTimes, roundTrips } from '../load/latency.mjs'
import { steadyDatagrams, windowedDatagrams } from '../load/udp.mjs'

const tasks = {
  answerTimes,
  bulk,
  closeChannels,
  connectTimes,
  keystrokes,
  openChannels,
  requests,
  roundTrips,
  steadyDatagrams,
  useChannels,
  windowedDatagrams,
}

process.on('disconnect', () => process.exit())
process.on('message', ({ task, load }) => {
  const mark = (name, receivedBytes) => process.send({ mark: name, receivedBytes })
  void Promise.resolve(load)
    .then((load) => tasks[task](load, mark))
    .then(
      (result) => process.send({ result }),
      (error) => process.send({ error: error.message }),
    )
})
