import { fileURLToPath } from 'node:url'

/** The sources of the editor. */
export const editorDirectory = fileURLToPath(new URL('./', import.meta.url))
/** What a browser loads: built from the sources, part of the package. */
export const outputDirectory = fileURLToPath(new URL('../dist/editor/', import.meta.url))
/** The engine's types, JSONata and protocol are built into the editor too. */
export const engineDirectory = fileURLToPath(new URL('../engine/', import.meta.url))
