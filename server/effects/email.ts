// Sends an e-mail through the server of SMTP_URL, as whom the brand says.
import { createHash } from 'node:crypto';
import type { App } from '../app.ts';
import type { Effect, Performed } from '../effects.ts';
import { postMail } from '../egress/mail.ts';

const maxContentUnits = 512 * 1024;
const maxSubjectUnits = 500;

export const email: Effect<'email'> = {
  ask: 'email',
  perform: async (app, { to, subject, text, html }, { key, mailFrom }) => {
    const { smtpUrl } = app.config;
    if (smtpUrl === null) return failed('blocked', 'No e-mail can be sent: SMTP_URL is not set.');
    if (mailFrom === null) return failed('blocked', 'No e-mail can be sent: the brand has no sender. Set BRAND_MAIL_FROM.');
    if (!isAddress(to)) return failed('blocked', `${JSON.stringify(to.slice(0, 100))} is not one e-mail address.`);
    if (text.length + (html?.length ?? 0) > maxContentUnits) return failed('too_large', 'The e-mail is larger than 512 KB.');
    const posted = await postMail({ smtpUrl }, { from: mailFrom, to, subject: lineOf(subject), text, html, id: messageId(app, key, mailFrom) });
    if (posted.kind === 'sent') return { ok: true, values: {} };
    // Nothing happened: the job tries again.
    if (posted.kind === 'later') throw new Error(posted.error);
    return failed(posted.kind === 'unknown' ? 'unknown_outcome' : 'refused', posted.error);
  },
};

function failed(kind: string, error: string): Performed {
  return { ok: false, values: { kind, error } };
}

/** The same at every attempt: a mail that went out twice arrives as the same mail. */
function messageId(app: App, key: string, mailFrom: string): string {
  const domain = /@([^@>\s]+)/.exec(mailFrom)?.[1] ?? 'localhost';
  return `<${createHash('sha256').update(`${app.config.publicUrl} ${key}`).digest('hex').slice(0, 32)}@${domain}>`;
}

/** One bare address: what a person typed must not become a list of them. */
function isAddress(text: string): boolean {
  return text.length <= 254 && /^[^\s\p{Cc}<>()[\]\\,;:"@]{1,64}@[^\s\p{Cc}<>()[\]\\,;:"@]+$/u.test(text);
}

function lineOf(subject: string): string {
  return subject
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, maxSubjectUnits)
    .toWellFormed();
}
