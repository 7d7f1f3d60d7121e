const controls = 'input, select, textarea, button[role="switch"], [data-code]'

/** Puts the focus into the first field of the form at the right. */
export function focusForm(): void {
  const form = document.querySelector<HTMLElement>('[data-form]')
  if (form) focusField(form)
}

/** Puts the focus into the first control of a field; the editor for expressions has its own inside. */
export function focusField(field: HTMLElement): void {
  const control = field.querySelector<HTMLElement>(controls)
  const inner = control?.shadowRoot?.querySelector<HTMLElement>('.cm-content')
  ;(inner ?? control)?.focus()
}
