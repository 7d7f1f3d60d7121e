import type { NodeTypeDescription } from '../../../engine/server/protocol.ts'
import type { Point } from '../../core/document.ts'
import { blankConfig, type Field, fieldsOf } from '../../core/form.ts'
import { slug } from '../../core/ids.ts'
import type { Editor } from '../state/editor.ts'
import { placeNode } from './place.ts'

/** Adds the node that receives a topic. Which type that is, the specs say: a source with a field for a topic filter. */
export function placeTopic(editor: Editor, topic: string, at?: Point): string | undefined {
  const found = topicSource([...editor.server.getState().specs.values()])
  if (found === undefined) {
    editor.toast({ tone: 'error', text: editor.t('topics.noSource') })
    return undefined
  }
  const name = topic
    .split('/')
    .filter((level) => !/^[+#]$|^\{/.test(level))
    .at(-1)
  const broker = editor.ui.getState().topicBroker
  return placeNode(editor, found.spec, {
    ...(at === undefined ? {} : { at }),
    id: slug(name ?? '', found.spec.type),
    config: {
      ...blankConfig(found.spec.config),
      [String(found.field.path[0])]: topic,
      ...(broker === undefined || broker === 'default' ? {} : { broker }),
    },
  })
}

function topicSource(specs: readonly NodeTypeDescription[]): { spec: NodeTypeDescription; field: Field } | undefined {
  for (const spec of specs) {
    const field = spec.category === 'sources' ? fieldsOf(spec.config).find((one) => one.kind === 'topic') : undefined
    if (field !== undefined) return { spec, field }
  }
  return undefined
}
