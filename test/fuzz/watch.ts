/**
 * Loaded before the engine into its process: tells the parent over IPC how long the event loop was kept busy and what memory is
 * used. Busy means processor time of this thread, so that a machine with other work does not look like a stall.
 */
const pause = 10
let before = process.threadCpuUsage()
let longest = 0

setInterval(() => {
  const now = process.threadCpuUsage()
  longest = Math.max(longest, (now.user + now.system - before.user - before.system) / 1000)
  before = now
}, pause).unref()

process.on('message', (message) => {
  if (message === 'begin') {
    longest = 0
    before = process.threadCpuUsage()
    return
  }
  if (message !== 'report') return
  globalThis.gc?.()
  const reading: Reading = { longest, heap: process.memoryUsage().heapUsed, rss: process.memoryUsage.rss() }
  longest = 0
  // Collecting what is left is our own doing.
  before = process.threadCpuUsage()
  process.send?.(reading)
})
// The channel must not keep an engine alive that wants to end.
process.channel?.unref()

export interface Reading {
  /** Longest time that one turn of the event loop took the processor since the last reading, milliseconds. */
  longest: number
  /** Bytes in use after a collection. */
  heap: number
  /** Bytes of the process. */
  rss: number
}
