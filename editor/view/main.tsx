import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { isObject } from '../core/path.ts'
import { parsedJson } from '../core/samples.ts'
import { App } from './App.tsx'
import { createClient } from './api/client.ts'
import { createSocket } from './api/socket.ts'
import './base.css'
import { EditorContext } from './context.ts'
import { Evaluator } from './forms/evaluate.ts'
import { WholePage } from './parts/lazyPart.tsx'
import { createBacktestStore } from './state/backtest.ts'
import { createEditor } from './state/editor.ts'
import { createFlowsStore } from './state/flows.ts'
import { createLive } from './state/live.ts'
import { createServerStore } from './state/server.ts'
import { createTestsStore } from './state/tests.ts'
import { createUiStore, type KeptUi, type UiState } from './state/ui.ts'
import { browserLanguage, loadTexts, translator } from './text/languages.ts'

const keptAt = 'rulewire:ui'

/** What was kept of the screen; anything may stand in the storage, so each piece is looked at. */
function keptUi(): Partial<KeptUi> {
  const data = parsedJson(localStorage.getItem(keptAt) ?? 'null')
  if (!isObject(data)) return {}
  const { left, inspectorWidth, drawerHeight, minimap, theme, language, viewports, filters, pinned } = data
  return {
    ...(left === 'palette' || left === 'topics' || left === 'outline' ? { left } : {}),
    ...(typeof inspectorWidth === 'number' && inspectorWidth >= 300 && inspectorWidth <= 640 ? { inspectorWidth } : {}),
    ...(typeof drawerHeight === 'number' && drawerHeight >= 120 && drawerHeight <= 2000 ? { drawerHeight } : {}),
    ...(typeof minimap === 'boolean' ? { minimap } : {}),
    ...(theme === 'light' || theme === 'dark' || theme === 'system' ? { theme } : {}),
    ...(language === 'en' || language === 'zh' ? { language } : {}),
    ...(isObject(viewports) ? { viewports: viewports as UiState['viewports'] } : {}), // only the canvas reads it, and it clamps
    ...(isObject(pinned) ? { pinned: texts(pinned) } : {}),
    ...(Array.isArray(filters) ? { filters: filters.filter((filter) => typeof filter === 'string') } : {}),
  }
}

function texts(given: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])),
  )
}

const ui = createUiStore(
  // On a small screen the panels lie over the canvas, so they are closed at first.
  window.innerWidth < 900 ? { ...keptUi(), left: undefined } : keptUi(),
  browserLanguage(navigator.languages),
)
if (window.innerWidth < 900) ui.setState({ inspector: false })
const first = await loadTexts(ui.getState().language)
const shownTexts = { current: first, t: translator(first) }
const editor = createEditor({
  client: createClient(() => void editor.askSession()),
  flows: createFlowsStore(),
  ui,
  server: createServerStore(),
  tests: createTestsStore(),
  backtests: createBacktestStore(),
  live: createLive(),
  storage: localStorage,
  openSocket: createSocket,
  texts: shownTexts,
  evaluator: new Evaluator(),
  canvas: { current: undefined },
})

ui.subscribe((state, before) => {
  const { left, inspectorWidth, drawerHeight, minimap, theme, language, viewports, filters, pinned } = state
  if (language !== before.language && shownTexts.current !== undefined) {
    // The texts come first; then everything that shows one is drawn again.
    loadTexts(language).then((loaded) => {
      if (shownTexts.current === loaded) return
      shownTexts.current = loaded
      shownTexts.t = translator(loaded)
      ui.setState({ language: before.language })
      ui.setState({ language })
    }, editor.fail)
  }
  if (left === 'topics' && before.left !== 'topics') editor.watch()
  const kept: KeptUi = { left, inspectorWidth, drawerHeight, minimap, theme, language, viewports, filters, pinned }
  localStorage.setItem(keptAt, JSON.stringify(kept))
})

const root = document.getElementById('root')
if (root === null) throw new Error('The page has no root element.')
createRoot(root).render(
  <StrictMode>
    <EditorContext value={editor}>
      <WholePage>
        <App />
      </WholePage>
    </EditorContext>
  </StrictMode>,
)
void editor.start()
// Who comes back to the page may have another role by now, or none.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void editor.askSession()
})
