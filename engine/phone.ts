// Phone numbers in one notation, E.164, however people write them.
import parsePhoneNumber from 'libphonenumber-js/min';
import { z } from 'zod';

/** `+49 (0)30 123456`, `004930123456` and `4930123456` are `+4930123456`. The country code is needed; null when it is no number. */
export function readPhone(text: string): string | null {
  const written = text.trim();
  if (!/^\+?[\d\s().\-/\u00A0]{6,40}$/.test(written)) return null;
  const found = parsePhoneNumber(`+${written.replace(/^(\+|00)/, '')}`);
  if (found?.isValid()) return found.number;
  // Numbers that no plan knows (new ones, those of tests) are kept as they are dialled.
  const digits = written.replace(/\D/g, '').replace(/^00/, '');
  return /^\d{6,15}$/.test(digits) ? `+${digits}` : null;
}

/** A number that somebody sends, read as above. */
export const phoneNumber = z
  .string()
  .max(64)
  .transform((written, context) => {
    const read = readPhone(written);
    if (read !== null) return read;
    context.addIssue({ code: 'custom', message: 'The phone field must be a phone number with its country code.' });
    return z.NEVER;
  });
