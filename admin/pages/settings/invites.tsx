// Invitations that wait to be accepted. Nothing stands here when there are none.
import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Invite } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { usePlace } from '../../place.ts';
import { refresh, useList } from '../../queries.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Identity } from '../../ui/identity.tsx';
import { ListTable } from '../../ui/list.tsx';
import { Card } from '../../ui/page.tsx';
import { toastDone } from '../../ui/toast.tsx';
import { When } from '../../ui/when.tsx';

export function Invites() {
  const { t } = useTranslation();
  const { place } = usePlace();
  const client = useQueryClient();
  const list = useList<Invite>('/invites', place);
  const [revoking, setRevoking] = useState<Invite | null>(null);
  if (!list.rows?.length && !list.error) return null;
  return (
    <Card title={t('invites.title')} lead={t('invites.lead')} isFlush>
      <ListTable
        list={list}
        label={t('invites.title')}
        columns={[t('person.email'), t('members.role'), t('invites.expires'), '']}
        empty={null}
        row={(invite) => (
          <tr key={invite.id}>
            <td>
              <Identity face={<Icon name="mail" size={18} />} name={invite.email} />
            </td>
            <td data-label={t('members.role')}>{t(`role.${invite.role}.name`)}</td>
            <td data-label={t('invites.expires')} className="dim">
              <When at={invite.expires_at} />
            </td>
            <td className="actions">
              <Button
                variant="subtle"
                color="gray"
                size="compact-sm"
                aria-label={t('invites.revokeNamed', { email: invite.email })}
                onClick={() => setRevoking(invite)}
              >
                {t('invites.revoke')}
              </Button>
            </td>
          </tr>
        )}
      />
      <Confirm
        isOpen={revoking !== null}
        onClose={() => setRevoking(null)}
        title={t('invites.revokeTitle')}
        text={t('invites.revokeText', { email: revoking?.email })}
        action={t('invites.revoke')}
        onConfirm={async () => {
          await api.delete(`/invites/${revoking?.id}`, { at: place });
          toastDone(t('invites.revoked', { email: revoking?.email }));
          await refresh(client, '/invites');
        }}
      />
    </Card>
  );
}
