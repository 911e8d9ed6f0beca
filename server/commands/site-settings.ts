// How the widget of a site looks, what it asks before a chat, and how strict it is: one strict document beside the row of
// the site. What is absent is as on a new site.
import { z } from 'zod';
import type { Site } from '../store/sites.ts';

const asked = z.enum(['hidden', 'optional', 'required']);

const theme = z.strictObject({
  color: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i)
    .nullable()
    .describe('Of launcher and own messages; null = the colour of the brand.'),
  scheme: z.enum(['auto', 'light', 'dark']),
  side: z.enum(['start', 'end']).describe('On which side of the page it stands, in the direction of reading.'),
  radius: z.int().min(0).max(32).describe('Of corners, in pixels.'),
  launcher: z.string().trim().min(1).max(60).nullable().describe('A few words beside the bubble; null = the bubble alone.'),
});

const preChat = z.strictObject({
  name: asked,
  email: asked,
  consent: z.string().trim().min(1).max(1_000).nullable().describe('What a visitor agrees to before the first message; null = nothing.'),
});

export const siteSettings = z.strictObject({
  enabled: z.boolean().describe('Off: the widget does not answer, and no chat can be begun or read.'),
  theme,
  pre_chat: preChat.describe('Who visitors are asked to say they are. Name and e-mail are always required where the site is not `anonymous`.'),
  starters: z.array(z.string().trim().min(1).max(120)).max(6).describe('First messages to choose from.'),
  sound: z.boolean(),
  identity: z.enum(['off', 'optional', 'enforced']).describe('Whether a page may, or must, prove who is signed in there.'),
  show_agents: z.boolean().describe('Answers carry the name of the agent, not only the label of the site.'),
  reopen: z.boolean().describe('A message opens a closed conversation again; else it is refused.'),
  mute_suspected: z
    .boolean()
    .describe(
      'A conversation whose beginning looks like a program’s (a hidden field filled in, faster than anybody writes, a nonce that is not ours or was used) is muted.',
    ),
  min_token: z.int().min(1).max(128).describe('Visitor tokens that are shorter are refused.'),
});

export type SiteSettings = z.output<typeof siteSettings>;

/** What may be changed of it: what is not named stays. */
export const siteSettingsChange = siteSettings.extend({ theme: theme.partial(), pre_chat: preChat.partial() }).partial();
export type SiteSettingsChange = z.output<typeof siteSettingsChange>;

const usual: SiteSettings = {
  enabled: true,
  theme: { color: null, scheme: 'auto', side: 'end', radius: 16, launcher: null },
  pre_chat: { name: 'hidden', email: 'hidden', consent: null },
  starters: [],
  sound: true,
  identity: 'off',
  show_agents: false,
  reopen: true,
  mute_suspected: false,
  min_token: 1,
};

export function settingsOf(site: Pick<Site, 'settings'>): SiteSettings {
  return merged(usual, JSON.parse(site.settings) as SiteSettingsChange);
}

/** Who a visitor must say they are on this site. */
export function preChatOf(site: Pick<Site, 'settings' | 'anonymous'>): SiteSettings['pre_chat'] {
  const { pre_chat } = settingsOf(site);
  return site.anonymous === 1 ? pre_chat : { ...pre_chat, name: 'required', email: 'required' };
}

export function changedSettings(site: Pick<Site, 'settings'>, change: SiteSettingsChange): { settings: string; changed: string[] } {
  const before = settingsOf(site);
  const after = merged(before, change);
  const changed = (Object.keys(after) as (keyof SiteSettings)[]).filter((name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]));
  return { settings: JSON.stringify(after), changed };
}

function merged(one: SiteSettings, { theme, pre_chat, ...rest }: SiteSettingsChange): SiteSettings {
  return {
    ...one,
    ...given(rest),
    theme: { ...one.theme, ...given(theme ?? {}) },
    pre_chat: { ...one.pre_chat, ...given(pre_chat ?? {}) },
  };
}

function given<T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as never;
}
