import { expect, test } from 'vitest';
import { readPhone } from './phone.ts';

test.each([
  ['+4930901820', '+4930901820'],
  ['4930901820', '+4930901820'],
  ['004930901820', '+4930901820'],
  ['+49 (0)30 901820', '+4930901820'],
  ['+49-30/90 18.20', '+4930901820'],
  [' +55 11 91234-5678 ', '+5511912345678'],
  ['15550100', '+15550100'],
  ['+1 555 010 0000', '+15550100000'],
])('%s is %s', (written, phone) => {
  expect(readPhone(written)).toBe(phone);
  expect(readPhone(phone)).toBe(phone);
});

test.each(['', '+', '12345', 'f1u2', 'jane@example.com', '+49 30 call me', '1234567890123456', '１２３４５６７８'])('"%s" is no number', (written) => {
  expect(readPhone(written)).toBeNull();
});
