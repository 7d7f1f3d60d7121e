import { expect, it } from 'vitest'
import alarm from '../../../nodes/alarm.ts'
import counter from '../../../nodes/counter.ts'
import { Bench } from '../harness.ts'

it.each([
  ['alarm', alarm, { raise: '> 8', key: 'payload.key', value: 'payload.value' }],
  ['counter', counter, { key: 'payload.key' }],
] as const)('%s: a key that cannot be one goes to the port error and keeps nothing', (_, spec, config) => {
  const bench = new Bench(spec, config)
  for (const key of ['', null, undefined, true, {}, 'a\0b', 'k'.repeat(65_536)]) {
    bench.send('in', { payload: { key, value: 9 } })
    expect(bench.failures.splice(0).map(({ code }) => code)).toEqual(['WRONG_RESULT'])
  }
  expect([bench.state.size, bench.timers.size]).toEqual([0, 0])
  for (const key of [7, 'k'.repeat(65_535), '__proto__', 'constructor', 'ü/+#'])
    bench.send('in', { payload: { key, value: 9 } })
  expect(bench.failures).toEqual([])
  expect([...bench.state.keys()].map((key) => key.slice(0, 11))).toEqual([
    '7',
    'k'.repeat(11),
    '__proto__',
    'constructor',
    'ü/+#',
  ])
})
