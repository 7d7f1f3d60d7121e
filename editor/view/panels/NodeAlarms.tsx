import { useEffect, useState } from 'react'
import type { Alarm, AlarmWhy } from '../../../engine/server/protocol.ts'
import { useEditor, useServer, useText } from '../context.ts'
import { AlarmReasons } from './AlarmReasons.tsx'
import styles from './Alarms.module.css'

/** Milliseconds after which what is shown is asked for again. */
const pause = 2000

/** Why the alarm of a node that runs fired, or did not: one key at a time, the worst first. */
export function NodeAlarms({ flow, node }: { flow: string; node: string }) {
  const editor = useEditor()
  const t = useText()
  const revision = useServer((state) => state.alarms?.revision)
  const [keys, setKeys] = useState<readonly Alarm[]>()
  const [chosen, setChosen] = useState<string>()
  const [why, setWhy] = useState<AlarmWhy>()
  const [open, setOpen] = useState(false)
  const key = keys?.some((alarm) => alarm.key === chosen) ? chosen : keys?.[0]?.key
  // biome-ignore lint/correctness/useExhaustiveDependencies: `revision` asks again
  useEffect(() => {
    let gone = false
    // A node that does not run has no alarms to tell of; neither is worth an error message here.
    const none = () => !gone && setKeys([])
    editor.client.alarmReports.keys(flow, node).then((list) => !gone && setKeys(list.items), none)
    return () => {
      gone = true
    }
  }, [editor, flow, node, revision])
  useEffect(() => {
    if (key === undefined || !open) return setWhy(undefined)
    let gone = false
    const ask = () =>
      editor.client.whyAlarm({ flow, node, key }).then(
        (answer) => !gone && setWhy(answer),
        () => !gone && setWhy(undefined),
      )
    void ask()
    const timer = window.setInterval(ask, pause)
    return () => {
      gone = true
      window.clearInterval(timer)
    }
  }, [editor, flow, node, key, open])
  if (keys === undefined) return null
  const worst = keys[0]
  return (
    <details
      className={styles.here}
      data-node-alarms={node}
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        {t('alarms.whyHere')} <span className="muted">{worst && `${worst.key}: ${worst.condition}`}</span>
      </summary>
      {key === undefined ? (
        <p className="muted">{t('alarms.noKeys')}</p>
      ) : (
        <>
          <label className={styles.period}>
            {t('alarms.whichKey')}
            <select className="input" value={key} onChange={(event) => setChosen(event.target.value)}>
              {keys.map((alarm) => (
                <option key={alarm.key} value={alarm.key}>
                  {`${alarm.key} – ${alarm.condition}`}
                </option>
              ))}
            </select>
          </label>
          {why && <AlarmReasons why={why} />}
        </>
      )}
    </details>
  )
}
