// THE LIST of places in the console: the rail, the palette, the shortcuts and their help are made from it. A new page
// is a file in pages/, a route in router.tsx and a line here.
import type { Act } from '../roles.ts';
import type { IconName } from '../ui/icon.tsx';

type Destination = {
  to: string;
  icon: IconName;
  /** Also the words by which the palette finds it. */
  label: string;
  /** After `g`. */
  hotkey?: string;
  needs?: Act | 'installation_owner';
  isInRail?: boolean;
  /** The rail marks it for everything below this path. */
  under?: string;
};

export const destinations = [
  { to: '/app', icon: 'home', label: 'nav.home', hotkey: 'h', isInRail: true },
  { to: '/app/inbox', icon: 'chat', label: 'nav.inbox', hotkey: 'i', isInRail: true, under: '/app/inbox' },
  { to: '/app/subscribers', icon: 'users', label: 'nav.subscribers', hotkey: 'u', isInRail: true, under: '/app/subscribers' },
  { to: '/app/sites', icon: 'globe', label: 'nav.sites', hotkey: 'w', isInRail: true, under: '/app/sites' },
  { to: '/app/developers', icon: 'code', label: 'nav.developers', hotkey: 'd', isInRail: true, under: '/app/developers' },
  { to: '/app/settings/workspace', icon: 'sliders', label: 'nav.settings', hotkey: 's', isInRail: true, under: '/app/settings' },
  { to: '/app/settings/bots', icon: 'bot', label: 'nav.bots', hotkey: 'b' },
  { to: '/app/settings/members', icon: 'users', label: 'nav.members', hotkey: 'm' },
  { to: '/app/settings/fields', icon: 'tag', label: 'nav.fields', hotkey: 'f' },
  { to: '/app/settings/hours', icon: 'clock', label: 'nav.hours' },
  { to: '/app/settings/words', icon: 'chat', label: 'nav.words' },
  { to: '/app/settings/brand', icon: 'brush', label: 'nav.brand', needs: 'installation_owner' },
  { to: '/app/settings/audit', icon: 'clock', label: 'nav.audit', hotkey: 'a', needs: 'audit.read' },
  { to: '/app/you', icon: 'user', label: 'nav.profile', hotkey: 'p' },
  { to: '/app/you/security', icon: 'lock', label: 'nav.security' },
  { to: '/app/you/keys', icon: 'key', label: 'nav.keys', hotkey: 'k' },
  { to: '/app/you/appearance', icon: 'sun', label: 'nav.appearance' },
] as const satisfies Destination[];

export type { Destination };
