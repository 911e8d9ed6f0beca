// The steps to a live bot. Each is done when the server says so, not when somebody clicked it away.
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Invite, Key, List, Member, Site } from '../api/replies.ts';
import { api, type Place } from '../api.ts';
import { usePlace } from '../place.ts';
import { Icon } from '../ui/icon.tsx';
import { LinkButton } from '../ui/link-button.tsx';

export type Step = { id: string; title: string; text: string; isDone: boolean; action: (isNext: boolean) => ReactNode };

/** The newest of a list: enough to know whether there are any. */
function useSome<T>(path: string, at: Place, isEnabled = true) {
  return useQuery({
    queryKey: [path, at, 'some'],
    queryFn: ({ signal }) => api.get<List<T>>(path, { at, signal, query: { limit: 50 } }),
    select: (list) => list.data,
    enabled: isEnabled,
  });
}

/** Null while it is not known yet. What the person may not do is no step of theirs. */
export function useSteps(): Step[] | null {
  const { t } = useTranslation();
  const { me, place, botPlace, bot, may } = usePlace();
  const canInvite = may('members.manage');
  const sites = useSome<Site>('/sites', botPlace, bot !== null);
  const keys = useSome<Key>('/keys', place);
  const members = useSome<Member>('/members', place);
  const invites = useSome<Invite>('/invites', place, canInvite);
  const isKnown = [sites, keys, members, invites].every((one) => !one.isLoading);
  if (!isKnown) return null;
  const site = sites.data?.at(-1);
  const mine = keys.data?.filter((key) => key.owner.id === me.id) ?? [];
  const steps: (Step | false | undefined)[] = [
    may('sites.write') &&
      site && {
        id: 'greeting',
        title: t('home.greeting'),
        text: t('home.greetingText', { greeting: site.greeting }),
        isDone: sites.data?.some((one) => one.rev > 1) === true,
        action: (isNext) => <SiteLink site={site} isNext={isNext} label={t('home.greetingDo')} />,
      },
    may('sites.write') &&
      site && {
        id: 'install',
        title: t('home.install'),
        text: t('home.installText'),
        isDone: sites.data?.some((one) => one.origins.length > 0) === true,
        action: (isNext) => <SiteLink site={site} isNext={isNext} label={t('home.installDo')} />,
      },
    {
      id: 'key',
      title: t('home.key'),
      text: t('home.keyText'),
      isDone: mine.length > 0,
      action: (isNext) => (
        <LinkButton to="/app/you/keys" search={{ new: '1' }} {...looks(isNext)}>
          {t('home.createKey')}
        </LinkButton>
      ),
    },
    {
      id: 'call',
      title: t('home.call'),
      text: t('home.callText'),
      isDone: mine.some((key) => key.last_used_at !== null),
      action: (isNext) => (
        <Button component="a" href="/api" target="_blank" rel="noreferrer" rightSection={<Icon name="external" size={14} />} {...looks(isNext)}>
          {t('home.callDo')}
        </Button>
      ),
    },
    canInvite && {
      id: 'invite',
      title: t('home.invite'),
      text: t('home.inviteText'),
      isDone: (members.data?.length ?? 0) > 1 || (invites.data?.length ?? 0) > 0,
      action: (isNext) => (
        <LinkButton to="/app/settings/members" search={{ invite: '1' }} {...looks(isNext)}>
          {t('home.inviteDo')}
        </LinkButton>
      ),
    },
  ];
  return steps.filter((step) => step !== false && step !== undefined);
}

function looks(isNext: boolean) {
  return isNext ? ({ size: 'compact-md' } as const) : ({ size: 'compact-md', variant: 'subtle', color: 'gray', fw: 500 } as const);
}

function SiteLink({ site, isNext, label }: { site: Site; isNext: boolean; label: string }) {
  return (
    <LinkButton to="/app/sites/$siteId" params={{ siteId: String(site.id) }} {...looks(isNext)}>
      {label}
    </LinkButton>
  );
}
