import { Fragment, type ReactNode } from 'react'
import styles from './Markdown.module.css'

/** The Markdown that node docs are written in (paragraphs, lists, tables, code, bold, code spans), as elements and never as HTML. */
export function Markdown({ text }: { text: string }) {
  return <div className={styles.markdown}>{blocksOf(text).map((block, index) => blockView(block, index))}</div>
}

function blocksOf(text: string): string[] {
  const blocks: string[] = []
  let code = false
  for (const part of text.trim().split(/\n{2,}/)) {
    if (code) blocks.push(`${blocks.pop() ?? ''}\n\n${part}`)
    else blocks.push(part)
    if ((part.match(/^```/gm) ?? []).length % 2 === 1) code = !code
  }
  return blocks
}

function blockView(block: string, key: number): ReactNode {
  const lines = block.split('\n')
  if (block.startsWith('```'))
    return (
      <pre key={key}>
        {lines
          .slice(1)
          .join('\n')
          .replace(/```\s*$/, '')}
      </pre>
    )
  if (/^#+ /.test(block)) return <h4 key={key}>{inline(block.replace(/^#+ /, ''))}</h4>
  if (lines.length > 1 && lines.every((line) => line.startsWith('|'))) return <Table key={key} lines={lines} />
  if (/^[-*] /.test(block))
    return (
      <ul key={key}>
        {block.split(/\n(?=[-*] )/).map((item) => (
          <li key={item}>{inline(item.slice(2))}</li>
        ))}
      </ul>
    )
  return <p key={key}>{inline(block)}</p>
}

function Table({ lines }: { lines: string[] }) {
  const rows = lines
    .filter((line) => !/^\|[\s|:-]+\|$/.test(line))
    .map((line) =>
      line
        .replace(/^\||\|$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    )
  const [head = [], ...body] = rows
  return (
    <table>
      <thead>
        <tr>
          {head.map((cell) => (
            <th key={cell}>{inline(cell)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {body.map((row) => (
          <tr key={row.join()}>
            {row.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: cells have nothing but their place
              <td key={index}>{inline(cell)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function inline(text: string): ReactNode {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part, index) => {
    const key = `${index}`
    if (part.startsWith('`')) return <code key={key}>{part.slice(1, -1)}</code>
    if (part.startsWith('**')) return <strong key={key}>{part.slice(2, -2)}</strong>
    return <Fragment key={key}>{part}</Fragment>
  })
}
