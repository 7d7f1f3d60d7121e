import { useEffect } from 'react'
import styles from './App.module.css'
import { isDark } from './actions/acts.ts'
import { bindKeys } from './actions/keys.ts'
import { bindLinks } from './actions/links.ts'
import { Canvas } from './canvas/Canvas.tsx'
import { useCurrent, useEditor, useFlows, useServer, useText, useUi } from './context.ts'
import { Dialogs } from './dialogs/Dialogs.tsx'
import { Drawer } from './panels/Drawer.tsx'
import { Header } from './panels/Header.tsx'
import { Inspector } from './panels/Inspector.tsx'
import { Left } from './panels/LeftRail.tsx'
import { OfflineBar, Overlay } from './panels/Overlay.tsx'
import { StatusBar } from './panels/StatusBar.tsx'
import { Welcome } from './panels/Welcome.tsx'
import { SignIn } from './people/SignIn.tsx'
import { Warnings } from './people/Warnings.tsx'

/** The whole page. */
export function App() {
  const editor = useEditor()
  const inspector = useUi((state) => state.inspector)
  useTheme()
  useEffect(() => bindKeys(editor), [editor])
  useEffect(() => bindLinks(editor), [editor])
  const away = useServer((state) => state.session?.who === null)
  const loaded = useFlows((state) => state.loaded)
  if (away && !loaded) return <SignIn />
  return (
    <div className={styles.app}>
      <Header />
      <OfflineBar />
      <Warnings />
      <div className={styles.middle}>
        <Left />
        <main className={styles.main}>
          <Stage />
        </main>
        <Drawer />
        {inspector && <Inspector />}
      </div>
      <StatusBar />
      <Dialogs />
      <Overlay />
      {away && <SignIn />}
    </div>
  )
}

function Stage() {
  const t = useText()
  const loaded = useFlows((state) => state.loaded)
  const failure = useServer((state) => state.failure)
  const flow = useCurrent((open) => open.flow)
  const empty = useCurrent((open) => open.history.document.nodes.length === 0) ?? false
  if (!loaded) return <p className={styles.note}>{t('loading')}</p>
  if (flow === undefined)
    return <Welcome kind={failure === undefined ? 'noFlows' : 'noEngine'} detail={failure ?? ''} />
  return (
    <div className={styles.stage}>
      <Canvas key={flow} />
      {empty && <Welcome kind="emptyFlow" detail="" />}
    </div>
  )
}

function useTheme(): void {
  const theme = useUi((state) => state.theme)
  const language = useUi((state) => state.language)
  useEffect(() => {
    const root = document.documentElement
    if (theme === 'system') delete root.dataset.theme
    else root.dataset.theme = isDark(theme) ? 'dark' : 'light'
  }, [theme])
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  }, [language])
}
