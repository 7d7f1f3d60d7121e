/** One sample of Prometheus' text format. */
export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

export interface Family {
  name: string
  help: string
  type: string
  samples: Sample[]
}

/**
 * Reads Prometheus' text format (0.0.4) strictly: HELP, TYPE, then the samples of that family and of no other; no family twice,
 * no series twice. Throws with the line that does not fit.
 */
export function readExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>()
  const series = new Set<string>()
  let family: Family | undefined
  if (!text.endsWith('\n')) throw new Error('The last line has no end')
  for (const line of text.split('\n')) {
    if (line === '') continue
    const help = /^# HELP ([a-zA-Z_:][\w:]*) (.+)$/.exec(line)
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary)$/.exec(line)
    if (help !== null) {
      const [, name = '', about = ''] = help
      if (families.has(name)) throw new Error(`${name} stands twice`)
      family = { name, help: about, type: '', samples: [] }
      families.set(name, family)
    } else if (type !== null) {
      if (family === undefined || family.name !== type[1] || family.type !== '')
        throw new Error(`Out of place: ${line}`)
      family.type = type[2] ?? ''
    } else {
      const sample = readSample(line)
      if (family === undefined || family.type === '' || !belongs(sample, family))
        throw new Error(`Out of place: ${line}`)
      const key = line.slice(0, line.lastIndexOf(' '))
      if (series.has(key)) throw new Error(`Twice: ${key}`)
      series.add(key)
      family.samples.push(sample)
    }
  }
  return families
}

function readSample(line: string): Sample {
  const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
  if (found === null) throw new Error(`This is no sample: ${line}`)
  const [, name = '', inner = '', text = ''] = found
  const value = text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text)
  if (Number.isNaN(value) && text !== 'NaN' && text !== 'Nan') throw new Error(`This is no number: ${line}`)
  const labels: Record<string, string> = {}
  const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/y
  while (label.lastIndex < inner.length) {
    const pair = label.exec(inner)
    if (pair === null) throw new Error(`These are no labels: ${inner}`)
    labels[pair[1] ?? ''] = pair[2] ?? ''
  }
  return { name, labels, value }
}

function belongs({ name }: Sample, family: Family): boolean {
  if (family.type === 'histogram') return ['_bucket', '_sum', '_count'].some((end) => name === `${family.name}${end}`)
  return name === family.name
}
