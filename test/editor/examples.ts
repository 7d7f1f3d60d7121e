import type { FlowDocument } from '../../editor/core/document.ts'

/** The fridge rule of the design. */
export function fridgeFlow(): FlowDocument {
  return {
    flow: 'cold-chain',
    title: 'Cold chain: fridge too warm',
    nodes: [
      { id: 'fridges', type: 'mqtt-in', config: { topic: 'fridges/{fridge}/climate', qos: 1 } },
      { id: 'celsius', type: 'transform', config: { payload: '$round((payload.f - 32) / 1.8, 1)' } },
      {
        id: 'too-warm',
        type: 'alarm',
        config: { key: 'params.fridge', value: 'payload', raise: '> 8', onDelay: '5m' },
      },
      { id: 'notify', type: 'http-out', config: { url: 'https://example.test/hook' } },
    ],
    wires: [
      { from: 'fridges.out', to: 'celsius.in' },
      { from: 'celsius.out', to: 'too-warm.in' },
      { from: 'too-warm.event', to: 'notify.in' },
    ],
    layout: { fridges: [80, 120], celsius: [320, 120], 'too-warm': [560, 120], notify: [800, 120] },
  }
}
