/** The work that all programs of the benchmark do. */
export const alertExpression =
  '{"device": payload.device, "alert": "high", "value": $round(payload.temperature, 1), "f": payload.temperature * 9/5 + 32}'

/** As a Rulewire flow, which may record what it gets. */
export function benchFlow(qos: 0 | 1, recorded = false): string {
  return JSON.stringify({
    flow: 'bench',
    ...(recorded ? { history: {} } : {}),
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'sensors/{device}/climate', qos } },
      { id: 'hot', type: 'filter', config: { when: 'payload.temperature > 30' } },
      { id: 'alert', type: 'transform', config: { payload: alertExpression } },
      { id: 'out', type: 'mqtt-out', config: { topic: 'alerts/{device}', qos } },
    ],
    wires: [
      { from: 'in.out', to: 'hot.in' },
      { from: 'hot.pass', to: 'alert.in' },
      { from: 'alert.out', to: 'out.in' },
    ],
  })
}

/** Flows of sources that nothing is sent to, as many as are wanted in all, by flow name. */
export function idleFlows(count: number, qos: 0 | 1): Record<string, string> {
  const perFlow = 2000
  const flows: Record<string, string> = {}
  for (let start = 0; start < count; start += perFlow) {
    const nodes = Array.from({ length: Math.min(perFlow, count - start) }, (_, n) => ({
      id: `idle-${start + n}`,
      type: 'mqtt-in',
      config: { topic: `idle/${start + n}/+`, qos },
    }))
    flows[`idle-${start}`] = JSON.stringify({ flow: `idle-${start}`, nodes, wires: [] })
  }
  return flows
}

/** As Node-RED nodes, with JSONata in both. */
export function nodeRedFlow(port: number, qos: 0 | 1): unknown[] {
  const broker = {
    id: 'broker',
    type: 'mqtt-broker',
    broker: '127.0.0.1',
    port: String(port),
    protocolVersion: '4',
    keepalive: '60',
    cleansession: true,
    autoConnect: true,
  }
  const tab = { id: 'tab', type: 'tab', label: 'bench' }
  return [
    tab,
    broker,
    {
      id: 'in',
      z: 'tab',
      type: 'mqtt in',
      topic: 'sensors/+/climate',
      qos: String(qos),
      datatype: 'json',
      broker: 'broker',
      wires: [['hot']],
    },
    {
      id: 'hot',
      z: 'tab',
      type: 'switch',
      property: 'payload.temperature > 30',
      propertyType: 'jsonata',
      rules: [{ t: 'true' }],
      checkall: 'true',
      outputs: 1,
      wires: [['alert']],
    },
    {
      id: 'alert',
      z: 'tab',
      type: 'change',
      wires: [['out']],
      rules: [
        { t: 'set', p: 'topic', pt: 'msg', to: '"alerts/" & payload.device', tot: 'jsonata' },
        { t: 'set', p: 'payload', pt: 'msg', to: alertExpression, tot: 'jsonata' },
      ],
    },
    {
      id: 'out',
      z: 'tab',
      type: 'mqtt out',
      topic: '',
      qos: String(qos),
      retain: 'false',
      broker: 'broker',
      wires: [],
    },
  ]
}
