import { expect, test } from 'vitest'
import { firstMessage, triedParts } from '../../editor/core/tried.ts'

const filter = { id: 'hot', source: false, serves: false }
const source = { id: 'in', source: true, serves: false }
const hook = { id: 'hook', config: { path: 'orders/{order}', method: 'PUT' }, source: true, serves: true }

test('a message goes to the input of a node, and as a packet to a source', () => {
  const message = { topic: 'a', payload: 1, key: 'k' }
  expect(triedParts(filter, message)).toEqual({ message })
  expect(triedParts(source, message)).toEqual({ packet: { topic: 'a', payload: 1 } })
  expect(triedParts(source, {})).toEqual({ packet: { topic: 'test', payload: null } })
})

test('a hook gets a request, whose path is the topic', () => {
  const http = { method: 'POST', query: { a: '1', b: ['2', '3'] }, headers: { 'content-type': 'text/plain' } }
  expect(triedParts(hook, { topic: 'orders/7', payload: 'x', http }).request).toEqual({
    method: 'POST',
    path: 'orders/7',
    query: { a: '1' },
    headers: { 'content-type': 'text/plain' },
    body: 'x',
  })
  expect(triedParts(hook, firstMessage(hook)).request).toMatchObject({ method: 'PUT', path: 'orders/order', body: {} })
})
