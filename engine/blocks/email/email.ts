// Sends an e-mail.
import { defineBlock, template } from '../../block.ts';

export const email = defineBlock({
  type: 'email',
  family: 'integrate',
  label: 'E-mail',
  summary: 'Sends an e-mail to someone.',
  settings: { to_address: template.min(1), subject: template.min(1), text: template.optional(), html: template.optional() },
  texts: ['subject', 'text', 'html'],
  ports: () => [{ name: 'error', label: 'Not sent', falls: ['next'] }],
  check: (block) => (block.text || block.html ? [] : [{ code: 'E04', message: 'An e-mail needs a text.', path: 'text' }]),
  run: (block, turn) =>
    turn.ask({
      ask: 'email',
      to: turn.text(block.to_address, 'header').trim(),
      subject: turn.text(block.subject, 'header'),
      text: turn.text(block.text ?? ''),
      html: block.html === undefined ? null : turn.text(block.html, 'html'),
    }),
  wake: (_block, turn, wake) => {
    if (wake.kind !== 'answer') return { go: 'error' };
    if (wake.ok) return { go: 'next' };
    const { kind, error } = wake.values;
    turn.setLast({ ...turn.session.last, error: error ?? 'the e-mail was not sent' });
    const isUnknown = kind === 'unknown_outcome';
    turn.log('warn', isUnknown ? 'Nobody knows whether the e-mail was sent.' : 'The e-mail was not sent.');
    return { go: 'error', reason: typeof kind === 'string' ? kind : 'error' };
  },
});
