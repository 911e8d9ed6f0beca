// The password, and where one is signed in.
import { Badge, Button, PasswordInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { readAgent } from '../../agent.ts';
import type { SignIn } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { NewPassword } from '../../forms/new-password.tsx';
import { judgePassword } from '../../forms/rules.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { useMe } from '../../place.ts';
import { refresh, useList } from '../../queries.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { FormCard } from '../../ui/form-card.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Identity } from '../../ui/identity.tsx';
import { ListTable } from '../../ui/list.tsx';
import { Card, useTitle } from '../../ui/page.tsx';
import { toastDone } from '../../ui/toast.tsx';
import { When } from '../../ui/when.tsx';

export function Security() {
  const { t } = useTranslation();
  useTitle(t('nav.security'));
  return (
    <>
      <ChangePassword />
      <Devices />
    </>
  );
}

function ChangePassword() {
  const { t } = useTranslation();
  const { email } = useMe();
  const client = useQueryClient();
  const { form, submit, isPending, problem } = useApiForm({
    initialValues: { current_password: '', password: '' },
    validate: {
      current_password: (password) => (password === '' ? t('form.required') : null),
      password: (password) => (judgePassword(password, email).isAllowed ? null : t('form.password')),
    },
    send: (values) => api.put('/me/password', values),
    onDone: () => {
      form.reset();
      toastDone(t('security.passwordChanged'));
      return refresh(client, '/me/sign-ins');
    },
  });
  return (
    <FormCard
      title={t('person.password')}
      lead={t('security.passwordLead')}
      form={form}
      submit={submit}
      isPending={isPending}
      problem={problem}
      action={t('security.changePassword')}
    >
      <PasswordInput
        label={t('password.current')}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
        {...form.getInputProps('current_password')}
      />
      <NewPassword label={t('password.new')} email={email} {...form.getInputProps('password')} value={form.values.password} />
    </FormCard>
  );
}

function Devices() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const list = useList<SignIn>('/me/sign-ins', null);
  const others = list.rows?.filter(({ current }) => !current).length ?? 0;
  const nameOf = (agent: string | null) => {
    const { browser, system } = readAgent(agent);
    return browser && system ? t('security.device', { browser, system }) : (browser ?? system ?? t('security.unknownDevice'));
  };
  return (
    <Card
      title={t('security.devices')}
      lead={t('security.devicesLead')}
      isFlush
      actions={
        others > 0 && (
          <Button variant="default" size="compact-md" onClick={() => setAsking(true)}>
            {t('security.endOthers')}
          </Button>
        )
      }
    >
      <ListTable
        list={list}
        label={t('security.devices')}
        columns={[t('security.where'), t('security.address'), t('security.seen'), t('security.since')]}
        empty={null}
        row={(one) => (
          <tr key={`${one.created_at} ${one.ip} ${one.agent}`}>
            <td>
              <Identity
                face={<Icon name="laptop" size={18} />}
                name={
                  <>
                    {nameOf(one.agent)}{' '}
                    {one.current && (
                      <Badge color="green" ms={4}>
                        {t('security.current')}
                      </Badge>
                    )}
                  </>
                }
              />
            </td>
            <td data-label={t('security.address')} className="mono dim">
              {one.ip ?? '–'}
            </td>
            <td data-label={t('security.seen')}>
              <When at={one.seen_at} />
            </td>
            <td data-label={t('security.since')} className="dim">
              <When at={one.created_at} />
            </td>
          </tr>
        )}
      />
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t('security.endTitle')}
        text={t('security.endText', { count: others })}
        action={t('security.endOthers')}
        onConfirm={async () => {
          await api.delete('/me/sign-ins');
          await refresh(client, '/me/sign-ins');
          toastDone(t('security.ended'));
        }}
      />
    </Card>
  );
}
