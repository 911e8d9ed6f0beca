// A flow that says what it is told, for ever: what tests talk to that are not about flows.
export const echo = {
  format: 'flow/1',
  id: 'echo',
  name: 'Echo',
  vars: { said: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'a' } },
  groups: {
    a: {
      blocks: [
        { id: 'q', type: 'ask', kind: 'text', text: 'Say something.', save: 'said', retry: { max: 1 }, to: { invalid: '@end' } },
        { id: 't', type: 'text', text: '{{ said }}!', to: { next: 'a' } },
      ],
    },
  },
};
