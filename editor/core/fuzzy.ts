/**
 * How well a text matches what was typed, letter after letter: undefined when it does not, else higher is better. Starts of
 * words and runs of letters count more, so `mi` finds "MQTT in" before "Time window".
 */
export function fuzzyScore(typed: string, text: string): number | undefined {
  const wanted = typed.toLowerCase().replace(/\s+/g, '')
  const plain = text.toLowerCase()
  if (wanted === '') return 0
  const direct = plain.indexOf(typed.toLowerCase().trim())
  if (direct >= 0) return 1000 - direct * 2 - plain.length + (direct === 0 || isStart(plain, direct) ? 200 : 0)
  let score = 0
  let at = -1
  for (const letter of wanted) {
    const next = plain.indexOf(letter, at + 1)
    if (next < 0) return undefined
    score += next === at + 1 ? 8 : isStart(plain, next) ? 6 : -Math.min(next - at, 6)
    at = next
  }
  return score - plain.length / 10
}

/** The items that match, best first; in their own order when nothing was typed. */
export function fuzzyFilter<Item>(
  typed: string,
  items: readonly Item[],
  textOf: (item: Item) => readonly string[],
): Item[] {
  if (typed.trim() === '') return [...items]
  return items
    .flatMap((item) => {
      const scores = textOf(item).flatMap((text, rank) => {
        const score = fuzzyScore(typed, text)
        return score === undefined || (score < 0 && rank > 0) ? [] : [score - rank * 300]
      })
      return scores.length === 0 ? [] : [{ item, score: Math.max(...scores) }]
    })
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item)
}

function isStart(text: string, index: number): boolean {
  return index === 0 || /[\s\-_/.:]/.test(text[index - 1] ?? '')
}
