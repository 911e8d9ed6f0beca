// What the palette offers: every page, every act that a dialog or a call does, every place to switch to, every site.
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Site } from '../../api/replies.ts';
import { languages } from '../../i18n.ts';
import { usePlace, useSwitch } from '../../place.ts';
import { useList } from '../../queries.ts';
import type { IconName } from '../../ui/icon.tsx';
import { destinations } from '../destinations.ts';
import type { Over } from '../frame.tsx';
import { usePreferences } from '../preferences.ts';
import { useMayGo } from '../shortcuts.ts';
import { signOut } from '../sign-out.ts';

export type Entry = { id: string; group: 'go' | 'do' | 'sites' | 'places'; icon: IconName; label: string; hint?: string; keys?: string[]; run: () => void };

export function useEntries(open: (over: Over) => void): Entry[] {
  return [...usePages(), ...useActs(open), ...useSites(), ...usePlaces()];
}

function usePages(): Entry[] {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const mayGo = useMayGo();
  return destinations.filter(mayGo).map((one) => ({
    id: one.to,
    group: 'go',
    icon: one.icon,
    label: t(one.label),
    ...('hotkey' in one ? { keys: ['G', one.hotkey.toUpperCase()] } : {}),
    run: () => void navigate({ to: one.to }),
  }));
}

function useActs(open: (over: Over) => void): Entry[] {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { may, bot } = usePlace();
  const { scheme, setScheme, language, setLanguage } = usePreferences();
  const acts: (Omit<Entry, 'group'> | false)[] = [
    { id: 'new-key', icon: 'key', label: t('palette.newKey'), run: () => void navigate({ to: '/app/you/keys', search: { new: '1' } }) },
    may('sites.write') &&
      bot !== null && { id: 'new-site', icon: 'globe', label: t('palette.newSite'), run: () => void navigate({ to: '/app/sites', search: { new: '1' } }) },
    may('members.manage') && {
      id: 'invite',
      icon: 'mail',
      label: t('palette.invite'),
      run: () => void navigate({ to: '/app/settings/members', search: { invite: '1' } }),
    },
    may('bots.create') && {
      id: 'new-bot',
      icon: 'bot',
      label: t('palette.newBot'),
      run: () => void navigate({ to: '/app/settings/bots', search: { new: '1' } }),
    },
    { id: 'new-workspace', icon: 'building', label: t('palette.newWorkspace'), run: () => open('new-workspace') },
    { id: 'docs', icon: 'book', label: t('palette.docs'), run: () => void window.open('/api', '_blank', 'noopener') },
    { id: 'demo', icon: 'chat', label: t('palette.demo'), run: () => void window.open('/demo', '_blank', 'noopener') },
    ...(['light', 'dark', 'auto'] as const).map(
      (one) =>
        scheme !== one && {
          id: `scheme-${one}`,
          icon: one === 'dark' ? ('moon' as const) : ('sun' as const),
          label: t(`palette.${one}`),
          run: () => setScheme(one),
        },
    ),
    ...languages.map(
      ({ code, name }) =>
        language !== code && { id: `language-${code}`, icon: 'globe' as const, label: t('palette.language', { name }), run: () => setLanguage(code) },
    ),
    { id: 'shortcuts', icon: 'keyboard', label: t('nav.shortcuts'), keys: ['?'], run: () => open('shortcuts') },
    { id: 'sign-out', icon: 'leave', label: t('account.signOut'), run: signOut },
  ];
  return acts.flatMap((act) => (act ? [{ ...act, group: 'do' as const }] : []));
}

function useSites(): Entry[] {
  const navigate = useNavigate();
  const { botPlace, bot } = usePlace();
  const sites = useList<Site>('/sites', botPlace);
  return (bot === null ? [] : (sites.rows ?? [])).map((site) => ({
    id: `site-${site.id}`,
    group: 'sites',
    icon: 'globe',
    label: site.name,
    run: () => void navigate({ to: '/app/sites/$siteId', params: { siteId: String(site.id) } }),
  }));
}

function usePlaces(): Entry[] {
  const { me, workspace, bot } = usePlace();
  const go = useSwitch();
  return me.workspaces.flatMap((one): Entry[] => [
    ...(one.id === workspace.id
      ? []
      : [{ id: `workspace-${one.id}`, group: 'places' as const, icon: 'building' as const, label: one.name, run: () => go(one.id) }]),
    ...one.bots
      .filter((other) => other.id !== bot?.id)
      .map((other) => ({
        id: `bot-${other.id}`,
        group: 'places' as const,
        icon: 'bot' as const,
        label: other.name,
        hint: one.name,
        run: () => go(one.id, other.flow_ns),
      })),
  ]);
}
