import type { BrokerRule } from '../../engine/server/protocol-broker-users.ts'

/** Rules as lines of text, `both plant/%u/#`; or the first line, from 1, that is none. */
export function parseRules(text: string): { rules: BrokerRule[] } | { line: number } {
  const rules: BrokerRule[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const found = /^\s*(publish|subscribe|both)\s+(\S.*?)\s*$/.exec(line)
    const action = actions.find((one) => one === found?.[1])
    const filter = found?.[2]
    if (action === undefined || filter === undefined) return { line: index + 1 }
    rules.push({ action, filter })
  }
  return { rules }
}

export function printRules(rules: readonly BrokerRule[]): string {
  return rules.map(({ action, filter }) => `${action} ${filter}`).join('\n')
}

const actions = ['publish', 'subscribe', 'both'] as const
