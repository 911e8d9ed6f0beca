// One site: how it is put onto a page, what it says and where it may stand, and the two things to think about twice.
import { Alert, Button, Group, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Site } from '../../api/replies.ts';
import { api, type Place } from '../../api.ts';
import { usePlace } from '../../place.ts';
import { oneOf, refresh } from '../../queries.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { Icon } from '../../ui/icon.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { FormGhost } from '../../ui/list.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { Problem } from '../../ui/problem.tsx';
import { toastDone } from '../../ui/toast.tsx';
import { SiteForm } from './site-form.tsx';

/** What goes onto a website: one tag. It asks nobody before somebody wants the chat, so what the button looks like goes along. */
function snippetOf({ site_key, theme }: Site): string {
  const look = { color: theme.color, side: theme.side === 'start' ? theme.side : null, label: theme.launcher };
  const said = Object.entries(look).flatMap(([name, value]) => (value ? [` data-${name}="${escapeAttribute(value)}"`] : []));
  return `<script src="${location.origin}/widget.js" data-site-key="${site_key}"${said.join('')} async></script>`;
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

export function SitePage() {
  const { t } = useTranslation();
  const { siteId } = useParams({ from: '/frame/app/sites/$siteId' });
  const { botPlace, may } = usePlace();
  const found = useQuery(oneOf<Site>(`/sites/${siteId}`, botPlace));
  const site = found.data;
  const back = { to: '/app/sites', label: t('nav.sites') } as const;
  if (found.error && !site) {
    return (
      <Page title={t('sites.one')} back={back}>
        <Card>
          <Problem error={found.error} retry={() => void found.refetch()} />
        </Card>
      </Page>
    );
  }
  if (!site) {
    return (
      <Page title={t('sites.one')} back={back}>
        <Card>
          <FormGhost fields={4} />
        </Card>
      </Page>
    );
  }
  return (
    <Page
      title={site.name}
      back={back}
      actions={
        <>
          <LinkButton to={`/app/sites/${site.id}/look` as '/app/sites'}>{t('sites.look.title')}</LinkButton>
          <Button
            component="a"
            href={`/demo?site_key=${site.site_key}`}
            target="_blank"
            rel="noreferrer"
            variant="default"
            leftSection={<Icon name="external" />}
          >
            {t('sites.demo')}
          </Button>
        </>
      }
    >
      <Card title={t('sites.snippet')} lead={t('sites.snippetLead')}>
        <CodeBlock code={snippetOf(site)} />
        {site.origins.length === 0 && (
          <Alert color="yellow" icon={<Icon name="info" />} mt="md" py="xs">
            {t('sites.anywhereText')}
          </Alert>
        )}
      </Card>
      <SiteForm key={site.id} site={site} at={botPlace} isReadOnly={!may('sites.write')} />
      {may('sites.write') && <Dangers site={site} at={botPlace} />}
    </Page>
  );
}

function Dangers({ site, at }: { site: Site; at: Place }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<'rotate' | 'delete' | null>(null);
  const rotate = useMutation({
    mutationFn: () => api.post<Site>(`/sites/${site.id}/rotate-key`, {}, { at }),
    onSuccess: (rotated) => {
      client.setQueryData(oneOf<Site>(`/sites/${site.id}`, at).queryKey, rotated);
      toastDone(t('sites.rotated'));
      return refresh(client, '/sites');
    },
  });
  const close = () => setAsking(null);
  return (
    <Card title={t('sites.dangers')} isDanger>
      <Danger title={t('sites.rotate')} text={t('sites.rotateText')} action={t('sites.rotateDo')} onClick={() => setAsking('rotate')} />
      <Danger title={t('sites.delete')} text={t('sites.deleteText')} action={t('sites.deleteDo')} onClick={() => setAsking('delete')} />
      <Confirm
        isOpen={asking === 'rotate'}
        onClose={close}
        title={t('sites.rotateTitle')}
        text={t('sites.rotateQuestion')}
        action={t('sites.rotateDo')}
        onConfirm={() => rotate.mutateAsync()}
      />
      <Confirm
        isOpen={asking === 'delete'}
        onClose={close}
        title={t('sites.deleteTitle', { name: site.name })}
        text={t('sites.deleteQuestion')}
        action={t('sites.deleteDo')}
        onConfirm={async () => {
          await api.delete(`/sites/${site.id}`, { at });
          await navigate({ to: '/app/sites', ignoreBlocker: true });
          toastDone(t('sites.deleted', { name: site.name }));
          client.removeQueries(oneOf(`/sites/${site.id}`, at));
          await refresh(client, '/sites');
        }}
      />
    </Card>
  );
}

function Danger({ title, text, action, onClick }: { title: string; text: string; action: string; onClick: () => void }) {
  return (
    <Group justify="space-between" align="center" gap="sm" py={8}>
      <div>
        <Text fw={500}>{title}</Text>
        <Text size="sm" c="dimmed" maw="32rem">
          {text}
        </Text>
      </div>
      <Button variant="default" size="compact-md" onClick={onClick}>
        {action}
      </Button>
    </Group>
  );
}
