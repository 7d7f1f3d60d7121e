import { useCallback, useMemo } from 'react'
import { useStore } from 'zustand'
import type { JsonCursor } from '../../../core/jsontext.ts'
import { allPorts } from '../../../core/ports.ts'
import { casesOf, testCompletions, testWords } from '../../../core/ruletests.ts'
import { allTopics } from '../../../core/topics.ts'
import { useEditor, useText } from '../../context.ts'
import JsonField from '../../forms/JsonField.tsx'
import { useWhyNot } from '../../people/may.ts'
import { noTests, patchTests, runTests, saveTests } from '../../state/tests.ts'
import drawer from '../Drawer.module.css'
import styles from './Tests.module.css'

/** The file of tests as JSON, completed from the flow: ports, nodes, topics. */
export default function TestEditor({ flow }: { flow: string }) {
  const editor = useEditor()
  const t = useText()
  const tests = useStore(editor.tests, (state) => state[flow]) ?? noTests
  const { text, file, problems } = tests
  const reason = useWhyNot('editor')
  const broken = useMemo(() => casesOf(text) === undefined, [text])
  const changed = file !== undefined && text !== file.text
  const faults = useMemo(
    () => problems.filter((one) => one.file === file?.file).flatMap((one) => one.line ?? []),
    [problems, file],
  )
  const complete = useCallback(
    (cursor: JsonCursor) => {
      const open = editor.flows.getState().flows[flow]
      if (open === undefined) return []
      const document = open.history.document
      const ports = allPorts(document, editor.server.getState().specs, open.check)
      return testCompletions(cursor, testWords(document, ports, topicsOf(editor, flow)))
    },
    [editor, flow],
  )
  return (
    <div className={styles.editor}>
      <div className={styles.bar}>
        <code>{file?.file}</code>
        <span className="muted" role="status">
          {broken ? t('tests.notJson') : changed ? t('tests.unsaved') : ''}
        </span>
        <span className={drawer.space} />
        <button
          type="button"
          className="button"
          disabled={tests.busy || broken || reason !== undefined}
          onClick={() => runTests(editor, flow)}
        >
          {t('tests.runAll')}
        </button>
        <button
          type="button"
          className="button"
          disabled={!changed}
          onClick={() => patchTests(editor, flow, { text: file?.text ?? '', problems: [] })}
        >
          {t('tests.revert')}
        </button>
        <button
          type="button"
          className="button"
          data-tone="main"
          data-save-tests
          disabled={!changed || broken || reason !== undefined}
          title={reason}
          onClick={() => saveTests(editor, flow, text)}
        >
          {t('tests.save')}
        </button>
      </div>
      {problems.length > 0 && (
        <p className={drawer.failed}>
          {problems[0]?.line !== undefined && `${t('tests.line', { line: problems[0].line })}: `}
          {problems[0]?.text} {problems[0]?.hint}
        </p>
      )}
      <JsonField
        className={styles.code}
        label={t('tests.file', { file: file?.file ?? '' })}
        text={text}
        change={(next) => patchTests(editor, flow, { text: next })}
        complete={complete}
        faults={faults}
        goTo={tests.goTo}
      />
    </div>
  )
}

/** Topics that were seen, and those of the flow's own values. */
export function topicsOf(editor: ReturnType<typeof useEditor>, flow: string): string[] {
  const values = [...editor.live.values].filter(([key]) => key.startsWith(`${flow}/`)).map(([, value]) => value.topic)
  return [...new Set([...values, ...allTopics(editor.live.tree)])].slice(0, 200)
}
