import { expect, test } from 'vitest';
import { check } from '../../check.ts';
import { asksOf, begin, ends, flowOf, play } from '../../testing/play.ts';

const email = (more: object) => ({
  a: [{ id: 'e', type: 'email', to_address: 'shop@example.com', subject: 'Hello', text: 'Hi', ...more }, ...ends('Sent')],
  b: ends('Not sent'),
});
const asked = (more: object, name: string) => asksOf(begin(email(more), { context: { subscriber: { name } } }))[0];

test('an e-mail is asked for, and sent or not the flow goes on', () => {
  expect(play(email({}))).toEqual(['do: email shop@example.com: Hello', 'bot: Sent', 'do: end']);
  const failing = { samples: { email: [{ ok: false }] } };
  expect(play(email({ to: { error: 'b' } }), [], failing)[1]).toBe('bot: Not sent');
  expect(play(email({}), [], failing)[1]).toBe('bot: Sent');
});

test('nobody can write further headers into it', () => {
  const name = 'Jo\r\nBcc: everyone@example.com\0';
  expect(asked({ to_address: '{{ subscriber.name }}', subject: 'From {{ subscriber.name }}\nX: y' }, name)).toMatchObject({
    to: 'Jo Bcc: everyone@example.com',
    subject: 'From Jo Bcc: everyone@example.com X: y',
  });
});

test('what people typed stays words in HTML', () => {
  expect(asked({ html: '<b>{{ subscriber.name }}</b>' }, '<script>"x"</script>')).toMatchObject({
    html: '<b>&#60;script&#62;&#34;x&#34;&#60;/script&#62;</b>',
    text: 'Hi',
  });
});

test('an e-mail without a text is refused', () => {
  expect(check(flowOf(email({ text: undefined }))).map((one) => `${one.code} ${one.at}`)).toContain('E04 a.e.text');
});
