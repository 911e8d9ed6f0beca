// An invitation: `/app/join#token`. The token stands in the fragment, which no server or proxy ever sees, and leaves
// the address bar at once.
import { Button, PasswordInput, Skeleton, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { InviteLook, Me } from '../api/replies.ts';
import { ApiError, api } from '../api.ts';
import { NewPassword } from '../forms/new-password.tsx';
import { judgePassword } from '../forms/rules.ts';
import { useApiForm } from '../forms/use-api-form.ts';
import { goTo } from '../place.ts';
import { meQuery } from '../queries.ts';
import { LinkButton } from '../ui/link-button.tsx';
import { Outside } from '../ui/outside.tsx';
import { FormProblem } from '../ui/problem.tsx';

export function Join() {
  const { t } = useTranslation();
  const [token] = useState(() => location.hash.slice(1));
  useEffect(() => history.replaceState(history.state, '', location.pathname), []);
  const look = useQuery({
    queryKey: ['/invites/look', token],
    queryFn: () => api.post<InviteLook>('/invites/look', { token }),
    enabled: token !== '',
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (look.data) {
    const { workspace, role } = look.data;
    return (
      <Outside title={t('join.title', { workspace })} lead={t('join.lead', { role: t(`role.${role}.name`), about: t(`role.${role}.about`) })}>
        <JoinForm token={token} look={look.data} />
      </Outside>
    );
  }
  if (look.isPending && token !== '') {
    return (
      <Outside title={t('join.loading')}>
        <Skeleton height={12} mt="lg" />
        <Skeleton height={36} mt="md" />
        <Skeleton height={36} mt="md" />
      </Outside>
    );
  }
  const isOver = token === '' || (look.error instanceof ApiError && look.error.status === 404);
  return (
    <Outside title={t('join.overTitle')} lead={isOver ? t('join.overText') : undefined}>
      {!isOver && <FormProblem error={look.error} />}
      <LinkButton to="/app/sign-in" variant="default" fullWidth mt="lg">
        {t('signIn.do')}
      </LinkButton>
    </Outside>
  );
}

function JoinForm({ token, look }: { token: string; look: InviteLook }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { form, submit, isPending, problem } = useApiForm({
    initialValues: { name: '', password: '' },
    validate: {
      name: (name) => (look.has_account || name.trim() !== '' ? null : t('form.required')),
      password: (password) => {
        if (look.has_account) return password === '' ? t('form.required') : null;
        return judgePassword(password, look.email).isAllowed ? null : t('form.password');
      },
    },
    send: ({ name, password }) => api.post<Me>('/invites/accept', { token, password, name: look.has_account ? look.email : name.trim() }, { expects401: true }),
    onDone: (me) => {
      client.clear();
      client.setQueryData(meQuery.queryKey, me);
      const joined = me.workspaces.find((one) => one.name === look.workspace && one.role === look.role);
      if (joined) goTo(joined.id);
      void navigate({ to: '/app' });
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput label={t('person.email')} value={look.email} readOnly autoComplete="username" variant="filled" />
        {look.has_account ? (
          <PasswordInput
            label={t('person.password')}
            description={t('join.hasAccount')}
            autoComplete="current-password"
            autoFocus
            required
            withAsterisk={false}
            visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
            {...form.getInputProps('password')}
          />
        ) : (
          <>
            <TextInput label={t('person.name')} autoComplete="name" autoFocus required withAsterisk={false} {...form.getInputProps('name')} />
            <NewPassword label={t('person.password')} email={look.email} {...form.getInputProps('password')} value={form.values.password} />
          </>
        )}
        <FormProblem error={problem instanceof ApiError && problem.status === 401 ? new ApiError(401, 'wrong_password', t('join.wrong')) : problem} />
        <Button type="submit" fullWidth loading={isPending} mt={4}>
          {t('join.do')}
        </Button>
      </Stack>
    </form>
  );
}
