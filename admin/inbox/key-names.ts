// The keys of the inbox and what each does, for who looks them up; what they do is done in keys.ts.
export const inboxKeys = [
  { keys: ['J'], label: 'inbox.key.J' },
  { keys: ['K'], label: 'inbox.key.K' },
  { keys: ['R'], label: 'inbox.key.R' },
  { keys: ['N'], label: 'inbox.key.N' },
  { keys: ['A'], label: 'inbox.key.A' },
  { keys: ['E'], label: 'inbox.key.E' },
  { keys: ['I'], label: 'inbox.key.I' },
  { keys: ['/'], label: 'inbox.key.slash' },
  { keys: ['mod', '↵'], label: 'inbox.key.send' },
] as const;
