import type { EngineDescription } from './protocol.ts'
import type { Route } from './route.ts'

/**
 * A page without scripts and styles that says where things are. Everything in it is text, never HTML.
 *
 * @param engine undefined for who is not logged in: then it says little
 */
export function welcomePage(engine: EngineDescription | undefined, routes: readonly Route[]): string {
  if (engine === undefined)
    return page('Rulewire', '<p>The files of the editor are not here. The API wants a login.</p>')
  const state = engine.healthy ? 'It runs.' : `It runs, with trouble: ${engine.reasons.join(' ')}`
  const rows = routes.map(({ method, path, summary }) => {
    const name =
      method === 'GET' && !path.includes(':')
        ? `<a href="${escapeHtml(path)}">${escapeHtml(path)}</a>`
        : escapeHtml(path)
    return `<tr><td>${method}</td><td>${name}</td><td>${escapeHtml(summary)}</td></tr>`
  })
  return page(
    `Rulewire ${escapeHtml(engine.version)}`,
    `<p>${escapeHtml(state)}</p>
<p>Flows are files in <code>${escapeHtml(engine.flowsDirectory)}</code>: change one and it is deployed when it is saved.</p>
<p>The files of the editor are not here. What can be asked:</p>
<table>
${rows.join('\n')}
</table>`,
  )
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Rulewire</title>
<h1>${title}</h1>
${content}
</html>
`
}

function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character)
}
