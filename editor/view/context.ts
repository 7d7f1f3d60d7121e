import { createContext, useContext } from 'react'
import { useStore } from 'zustand'
import type { Editor } from './state/editor.ts'
import type { FlowsState, OpenFlow } from './state/flows.ts'
import { currentFlow } from './state/flows.ts'
import type { ServerState } from './state/server.ts'
import type { UiState } from './state/ui.ts'
import type { Translate } from './text/languages.ts'

export const EditorContext = createContext<Editor | undefined>(undefined)

/** The editor of this page. */
export function useEditor(): Editor {
  const editor = useContext(EditorContext)
  if (editor === undefined) throw new Error('There is no editor around this component.')
  return editor
}

export function useUi<Part>(pick: (state: UiState) => Part): Part {
  return useStore(useEditor().ui, pick)
}

export function useFlows<Part>(pick: (state: FlowsState) => Part): Part {
  return useStore(useEditor().flows, pick)
}

export function useServer<Part>(pick: (state: ServerState) => Part): Part {
  return useStore(useEditor().server, pick)
}

/** A part of the flow that is shown; undefined when there is none. */
export function useCurrent<Part>(pick: (open: OpenFlow) => Part): Part | undefined {
  return useFlows((state) => {
    const open = currentFlow(state)
    return open === undefined ? undefined : pick(open)
  })
}

/** Texts in the chosen language; a component that uses it is drawn again when that changes. */
export function useText(): Translate {
  const editor = useEditor()
  useStore(editor.ui, (state) => state.language)
  return editor.texts.t
}
