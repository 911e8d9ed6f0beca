// API keys: made, seen once, recognised by how they begin, revoked at once.
import { ActionIcon, Badge, Button, Select } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Key, NewKey } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { useFormat } from '../../format.ts';
import { usePlace } from '../../place.ts';
import { refresh, useList } from '../../queries.ts';
import { scopes } from '../../roles.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { ListTable } from '../../ui/list.tsx';
import { Card, useTitle } from '../../ui/page.tsx';
import { toastDone } from '../../ui/toast.tsx';
import { When } from '../../ui/when.tsx';
import { KeyForm } from './key-form.tsx';
import { KeySecret } from './key-secret.tsx';

export function Keys() {
  const { t } = useTranslation();
  const { me, workspace } = usePlace();
  const search = useSearch({ from: '/frame/app/you/keys' });
  const navigate = useNavigate({ from: '/app/you/keys' });
  const client = useQueryClient();
  const [made, setMade] = useState<NewKey | null>(null);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const shown = me.workspaces.find(({ id }) => String(id) === search.workspace) ?? workspace;
  const at = { workspace: shown.id, bot: null };
  const list = useList<Key>('/keys', at);
  useTitle(t('nav.keys'));
  const create = () => void navigate({ search: (now) => ({ ...now, new: '1' }) });
  const close = () => void navigate({ search: ({ new: _, ...rest }) => rest });
  return (
    <>
      <Card
        title={t('nav.keys')}
        lead={t('keys.lead')}
        isFlush
        actions={
          <Button leftSection={<Icon name="plus" />} onClick={create}>
            {t('keys.create')}
          </Button>
        }
      >
        {me.workspaces.length > 1 && (
          <Select
            aria-label={t('keys.workspace')}
            data={me.workspaces.map(({ id, name }) => ({ value: String(id), label: name }))}
            value={String(shown.id)}
            onChange={(id) => id && void navigate({ search: { workspace: id } })}
            allowDeselect={false}
            mx={20}
            mb="sm"
            maw="16rem"
          />
        )}
        <ListTable
          list={list}
          label={t('nav.keys')}
          columns={[t('keys.name'), t('keys.bot'), t('keys.scopes'), t('keys.used'), t('keys.expires'), '']}
          row={(key) => (
            <KeyRow
              key={key.id}
              apiKey={key}
              bot={key.bot === null ? null : (shown.bots.find((bot) => bot.flow_ns === key.bot)?.name ?? key.bot)}
              isMine={key.owner.id === me.id}
              onRevoke={() => setRevoking(key)}
            />
          )}
          empty={
            <Empty icon="key" title={t('keys.emptyTitle')} text={t('keys.emptyText')}>
              <Button onClick={create}>{t('keys.emptyDo')}</Button>
            </Empty>
          }
        />
      </Card>
      {search.new && (
        <KeyForm
          start={shown}
          onClose={close}
          onMade={async (key) => {
            setMade(key);
            close();
            await refresh(client, '/keys');
          }}
        />
      )}
      <KeySecret made={made} onClose={() => setMade(null)} />
      <Confirm
        isOpen={revoking !== null}
        onClose={() => setRevoking(null)}
        title={t('keys.revokeTitle', { name: revoking?.name })}
        text={t('keys.revokeText')}
        action={t('keys.revoke')}
        onConfirm={async () => {
          await api.delete(`/keys/${revoking?.id}`, { at });
          toastDone(t('keys.revoked', { name: revoking?.name }));
          await refresh(client, '/keys');
        }}
      />
    </>
  );
}

function KeyRow({ apiKey: key, bot, isMine, onRevoke }: { apiKey: Key; bot: string | null; isMine: boolean; onRevoke: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const isOver = key.expires_at !== null && key.expires_at <= Date.now();
  return (
    <tr>
      <td>
        <div>
          <strong>{key.name}</strong>{' '}
          {key.environment === 'test' && (
            <Badge color="yellow" ms={4}>
              {t('keys.test')}
            </Badge>
          )}
          <div className="mono dim">{key.prefix}…</div>
          {!isMine && <div className="dim small">{t('keys.of', { name: key.owner.name })}</div>}
        </div>
      </td>
      <td data-label={t('keys.bot')}>{bot ?? t('keys.allBots')}</td>
      <td data-label={t('keys.scopes')}>{key.scopes.length === scopes.length ? t('keys.allScopes') : format.list(key.scopes)}</td>
      <td data-label={t('keys.used')} className={key.last_used_at === null ? 'dim' : undefined}>
        {key.last_used_at === null ? t('keys.neverUsed') : <When at={key.last_used_at} />}
      </td>
      <td data-label={t('keys.expires')} className={key.expires_at === null ? 'dim' : undefined}>
        {key.expires_at === null ? t('keys.neverExpires') : isOver ? <Badge color="red">{t('keys.expired')}</Badge> : format.date(key.expires_at)}
      </td>
      <td className="actions">
        <ActionIcon variant="subtle" color="gray" aria-label={t('keys.revokeNamed', { name: key.name })} title={t('keys.revoke')} onClick={onRevoke}>
          <Icon name="trash" />
        </ActionIcon>
      </td>
    </tr>
  );
}
