/** A level of the topic tree. */
export interface TopicNode {
  /** The level's own text. */
  readonly level: string
  /** The whole topic or the part down to here. */
  readonly topic: string
  readonly children: Map<string, TopicNode>
  /** Whether a message came on exactly this topic. */
  own: boolean
  /** Topics at and below it. */
  topics: number
}

/** A row of the tree as it is shown. */
export interface TopicRow {
  readonly node: TopicNode
  readonly depth: number
  readonly open: boolean
}

/** The tree of the topics that were seen. It grows; nothing is rebuilt for a message. */
export function topicTree(): TopicNode {
  return { level: '', topic: '', children: new Map(), own: false, topics: 0 }
}

/** Adds a topic; true when it is new. */
export function addTopic(root: TopicNode, topic: string): boolean {
  const path: TopicNode[] = [root]
  let node = root
  for (const level of topic.split('/')) {
    let next = node.children.get(level)
    if (next === undefined) {
      next = {
        level,
        topic: node === root ? level : `${node.topic}/${level}`,
        children: new Map(),
        own: false,
        topics: 0,
      }
      node.children.set(level, next)
    }
    node = next
    path.push(node)
  }
  if (node.own) return false
  node.own = true
  for (const step of path) step.topics++
  return true
}

/** The rows to show: children of open levels, in the order of the alphabet with numbers as numbers. A text narrows them to topics that hold it. */
export function topicRows(root: TopicNode, open: ReadonlySet<string>, wanted = ''): TopicRow[] {
  const rows: TopicRow[] = []
  const needle = wanted.toLowerCase()
  const visit = (node: TopicNode, depth: number) => {
    for (const child of [...node.children.values()].sort((a, b) => order.compare(a.level, b.level))) {
      if (needle !== '' && !holds(child, needle)) continue
      const isOpen = needle !== '' || open.has(child.topic)
      rows.push({ node: child, depth, open: isOpen && child.children.size > 0 })
      if (isOpen) visit(child, depth + 1)
    }
  }
  visit(root, 0)
  return rows
}

/** Every topic of the tree. */
export function allTopics(root: TopicNode): string[] {
  const found: string[] = []
  const visit = (node: TopicNode) => {
    if (node.own) found.push(node.topic)
    for (const child of node.children.values()) visit(child)
  }
  visit(root)
  return found
}

/** Topic filters to offer for what was typed so far: topics that were seen, and their parts with a wildcard. */
export function filterChoices(topics: readonly string[], typed: string, limit = 12): string[] {
  const found = new Set<string>()
  for (const topic of topics) {
    const levels = topic.split('/')
    found.add(topic)
    if (levels.length > 1) found.add([...levels.slice(0, -1), '+'].join('/'))
    if (levels.length > 1) found.add(`${levels[0]}/#`)
    if (levels.length > 2) found.add([levels[0], '+', ...levels.slice(2)].join('/'))
  }
  const needle = typed.toLowerCase()
  return [...found]
    .filter((choice) => choice.toLowerCase().includes(needle) && choice !== typed)
    .sort(
      (a, b) =>
        Number(b.toLowerCase().startsWith(needle)) - Number(a.toLowerCase().startsWith(needle)) || order.compare(a, b),
    )
    .slice(0, limit)
}

/** Why a text is no topic filter, as the kind of the fault; undefined when it is one. `#` by itself asks for everything a broker has. */
export function filterFault(text: string): 'empty' | 'everything' | 'hash' | 'plus' | undefined {
  if (text === '') return 'empty'
  if (text === '#') return 'everything'
  const levels = text.split('/')
  if (levels.some((level, index) => level.includes('#') && (level !== '#' || index !== levels.length - 1)))
    return 'hash'
  return levels.some((level) => level.includes('+') && level !== '+') ? 'plus' : undefined
}

const order = new Intl.Collator('en', { numeric: true })

function holds(node: TopicNode, needle: string): boolean {
  if (node.topic.toLowerCase().includes(needle)) return true
  for (const child of node.children.values()) if (holds(child, needle)) return true
  return false
}
