/** The broker connection of nodes that name none. */
export const defaultConnection = 'default'
