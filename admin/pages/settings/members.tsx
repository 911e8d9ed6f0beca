// Who works in this workspace, in which role; who is invited.
import { ActionIcon, Badge, Button, Menu, Select } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { useFormat } from '../../format.ts';
import { usePlace } from '../../place.ts';
import { refresh, useList } from '../../queries.ts';
import { type Role, roles } from '../../roles.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Face, Identity } from '../../ui/identity.tsx';
import { ListTable } from '../../ui/list.tsx';
import { Card, useTitle } from '../../ui/page.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { toastDone, toastFailed } from '../../ui/toast.tsx';
import { InviteForm } from './invite-form.tsx';
import { Invites } from './invites.tsx';
import css from './settings.module.css';

export function Members() {
  const { t } = useTranslation();
  const { place, may, workspace } = usePlace();
  const search = useSearch({ from: '/frame/app/settings/members' });
  const navigate = useNavigate({ from: '/app/settings/members' });
  const client = useQueryClient();
  const [removing, setRemoving] = useState<Member | null>(null);
  const list = useList<Member>('/members', place, { q: search.q, role: search.role });
  useTitle(t('nav.members'));
  const canManage = may('members.manage');
  const invite = canManage && (
    <Button leftSection={<Icon name="plus" />} onClick={() => void navigate({ search: (now) => ({ ...now, invite: '1' }) })}>
      {t('members.invite')}
    </Button>
  );
  return (
    <>
      <Card title={t('nav.members')} lead={t('members.lead', { name: workspace.name })} isFlush actions={invite}>
        <div className={css.filters}>
          <SearchField
            label={t('members.find')}
            value={search.q ?? ''}
            onChange={(q) => void navigate({ search: ({ q: _, ...rest }) => (q ? { ...rest, q } : rest), replace: true })}
          />
          <Select
            aria-label={t('members.role')}
            placeholder={t('members.anyRole')}
            data={roles.map((role) => ({ value: role, label: t(`role.${role}.name`) }))}
            value={search.role ?? null}
            onChange={(role) => void navigate({ search: ({ role: _, ...rest }) => (role ? { ...rest, role } : rest), replace: true })}
            clearable
            clearButtonProps={{ 'aria-label': t('list.clear') }}
            w={160}
          />
        </div>
        <ListTable
          list={list}
          label={t('nav.members')}
          columns={[t('members.name'), t('members.role'), t('members.since'), ...(canManage ? [''] : [])]}
          row={(member) => <MemberRow key={member.id} member={member} onRemove={() => setRemoving(member)} />}
          empty={<Empty icon="search" title={t('list.noneTitle')} text={t('list.noneText', { text: search.q ?? '' })} />}
        />
      </Card>
      {canManage && <Invites />}
      {search.invite && canManage && <InviteForm onClose={() => void navigate({ search: ({ invite: _, ...rest }) => rest })} />}
      <Confirm
        isOpen={removing !== null}
        onClose={() => setRemoving(null)}
        title={t('members.removeTitle', { name: removing?.name })}
        text={t('members.removeText', { workspace: workspace.name })}
        action={t('members.remove')}
        onConfirm={async () => {
          await api.delete(`/members/${removing?.id}`, { at: place });
          toastDone(t('members.removed', { name: removing?.name }));
          await refresh(client, '/members', '/keys');
        }}
      />
    </>
  );
}

function MemberRow({ member, onRemove }: { member: Member; onRemove: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { me, may, place } = usePlace();
  const client = useQueryClient();
  const isMe = member.id === me.id;
  const canChange = may('members.manage') && (member.role !== 'owner' || may('owners.make'));
  const setRole = async (role: Role) => {
    await api.patch(`/members/${member.id}`, { role }, { at: place });
    await refresh(client, '/members', ...(isMe ? ['/me'] : []));
  };
  const change = (role: Role) => {
    const done = () => toastDone(t('members.changed', { name: member.name, role: t(`role.${role}.name`) }), () => setRole(member.role));
    if (role !== member.role) setRole(role).then(done, toastFailed);
  };
  return (
    <tr>
      <td>
        <Identity
          face={<Face name={member.name} image={member.image} size={32} />}
          name={
            <>
              {member.name} {isMe && <Badge ms={4}>{t('members.you')}</Badge>}
            </>
          }
          below={member.email}
        />
      </td>
      <td data-label={t('members.role')}>{canChange ? <RoleMenu member={member} onChange={change} /> : t(`role.${member.role}.name`)}</td>
      <td data-label={t('members.since')} className="dim">
        {format.date(member.created_at)}
      </td>
      {may('members.manage') && (
        <td className="actions">
          {canChange && (
            <ActionIcon variant="subtle" color="gray" aria-label={t('members.removeNamed', { name: member.name })} onClick={onRemove}>
              <Icon name="trash" />
            </ActionIcon>
          )}
        </td>
      )}
    </tr>
  );
}

function RoleMenu({ member, onChange }: { member: Member; onChange: (role: Role) => void }) {
  const { t } = useTranslation();
  const { may } = usePlace();
  return (
    <Menu position="bottom-start" width={320}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          ms={-8}
          fw={400}
          rightSection={<Icon name="down" size={13} />}
          aria-label={t('members.roleOf', { name: member.name, role: t(`role.${member.role}.name`) })}
        >
          {t(`role.${member.role}.name`)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={member.role} onChange={(role) => onChange(role as Role)}>
          {roles
            .filter((role) => role !== 'owner' || may('owners.make'))
            .map((role) => (
              <Menu.RadioItem key={role} value={role} closeMenuOnClick>
                {t(`role.${role}.name`)}
                <div className="dim small">{t(`role.${role}.about`)}</div>
              </Menu.RadioItem>
            ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
