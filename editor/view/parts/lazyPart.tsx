import { Component, type ComponentType, lazy, type ReactNode } from 'react'
import { useText } from '../context.ts'
import styles from './lazyPart.module.css'

/** Milliseconds after which a part that nobody has opened yet is fetched too. */
const soon = 2000

/**
 * A part of the page that is not needed for the first picture. It is fetched a little later, so that it also opens when the
 * engine is away by then. Where it cannot be had, its place says so, and the rest of the page goes on.
 * @param Around what stands around the words that it failed, such as a dialog
 */
export function lazyPart<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  Around: ComponentType<{ children: ReactNode }> = ({ children }) => children,
): ComponentType<Props> {
  const Loaded = lazy(load)
  // Who opens the part is told when it fails; browsers remember that it did, so only a new page can try again.
  setTimeout(() => load().catch(() => undefined), soon)
  return function Part(props: Props) {
    return (
      <Boundary Around={Around}>
        <Loaded {...props} />
      </Boundary>
    )
  }
}

/** The whole page: when drawing it fails it says so, and can be loaded anew; drafts are kept by then. */
export function WholePage({ children }: { children: ReactNode }) {
  return <Boundary>{children}</Boundary>
}

interface BoundaryProps {
  children: ReactNode
  Around?: ComponentType<{ children: ReactNode }>
}

class Boundary extends Component<BoundaryProps, { detail: string | undefined }> {
  override state = { detail: undefined as string | undefined }

  static getDerivedStateFromError(thrown: unknown): { detail: string } {
    return { detail: thrown instanceof Error && thrown.message !== '' ? thrown.message : String(thrown) }
  }

  override render(): ReactNode {
    const { children, Around } = this.props
    if (this.state.detail === undefined) return children
    const failed = <Failed detail={this.state.detail} />
    return Around === undefined ? failed : <Around>{failed}</Around>
  }
}

function Failed({ detail }: { detail: string }) {
  const t = useText()
  return (
    <div className={styles.failed} role="alert">
      <p>{t('part.failed', { detail })}</p>
      <p className="muted">{t('part.kept')}</p>
      <button type="button" className="button" onClick={() => location.reload()}>
        {t('part.reload')}
      </button>
    </div>
  )
}
