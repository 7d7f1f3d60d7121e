import { fuzzyFilter } from '../../core/fuzzy.ts'
import { search } from '../../core/search.ts'
import { keyText } from '../actions/acts.ts'
import { goToNode } from '../actions/go.ts'
import { actions, perform, reasonAgainst } from '../actions/registry.ts'
import { useEditor, useFlows, useText } from '../context.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { Picker, type PickerItem } from '../parts/Picker.tsx'
import styles from './dialogs.module.css'

/** Every action by name. */
export function CommandsDialog() {
  const editor = useEditor()
  const t = useText()
  const close = () => editor.ui.setState({ dialog: undefined })
  const possible = actions.filter((action) => action.id !== 'commands' && action.enabled?.(editor) !== false)
  return (
    <Dialog bare title={t('action.commands')}>
      <Picker
        label={t('action.commands')}
        placeholder={t('commands.placeholder')}
        empty={t('commands.none')}
        itemsFor={(typed) =>
          fuzzyFilter(typed, possible, (action) => [t(action.title), action.id]).map((action) => ({
            id: action.id,
            label: t(action.title),
            ...noted(reasonAgainst(editor, action)),
            note: action.keys?.[0] ? <kbd>{keyText(action.keys[0])}</kbd> : undefined,
          }))
        }
        onChoose={(item) => {
          close()
          // The window gives the focus back first; an action may want it elsewhere.
          requestAnimationFrame(() => perform(editor, item.id))
        }}
        onClose={close}
      />
    </Dialog>
  )
}

/** Nodes of all flows by id, title, type or what stands in their config. */
export function SearchDialog() {
  const editor = useEditor()
  const t = useText()
  const flows = useFlows((state) => state.flows)
  const order = useFlows((state) => state.order)
  const close = () => editor.ui.setState({ dialog: undefined })
  const documents = order.flatMap((id) => flows[id]?.history.document ?? [])
  return (
    <Dialog bare title={t('action.search')}>
      <Picker
        label={t('action.search')}
        placeholder={t('search.placeholder')}
        empty={t('search.none')}
        itemsFor={(typed) =>
          search(documents, typed).map((hit) => ({
            id: `${hit.flow}/${hit.node}`,
            label: hit.title,
            detail: hit.field === '' ? hit.type : `${hit.field}: ${hit.excerpt}`,
            note: hit.flowTitle,
          }))
        }
        onChoose={(item) => {
          const [flow = '', node = ''] = item.id.split('/')
          close()
          goToNode(editor, { flow, node })
        }}
        onClose={close}
      />
    </Dialog>
  )
}

/** Keys of all actions, and those of the canvas. */
export function KeysDialog() {
  const t = useText()
  const groups = ['edit', 'node', 'flow', 'view'] as const
  const canvas = ['keys.arrows', 'keys.move', 'keys.wire', 'keys.enter', 'keys.space'] as const
  return (
    <Dialog wide title={t('action.keys')}>
      <div className={styles.keys}>
        <section>
          <h3>{t('keys.canvas')}</h3>
          <dl>
            {canvas.map((key) => {
              const [keys = '', text = ''] = t(key).split('|')
              return (
                <div key={key}>
                  <dt>{text}</dt>
                  <dd>
                    <kbd>{keys}</kbd>
                  </dd>
                </div>
              )
            })}
          </dl>
        </section>
        {groups.map((group) => (
          <section key={group}>
            <h3>{t(`keys.${group}`)}</h3>
            <dl>
              {actions
                .filter((action) => action.group === group && action.keys)
                .map((action) => (
                  <div key={action.id}>
                    <dt>{t(action.title)}</dt>
                    <dd>
                      <kbd>{keyText(action.keys?.[0] ?? '')}</kbd>
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

/** What the role does not allow is shown with the reason, and cannot be chosen. */
function noted(reason: string | undefined): Partial<PickerItem> {
  return reason === undefined ? {} : { detail: reason, disabled: true }
}
