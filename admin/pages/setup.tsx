// The first owner's page, by the one-time link the server printed. The token leaves the address bar at once, so that
// it is not left in a screenshot or the history.
import { Button, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Me } from '../api/replies.ts';
import { api } from '../api.ts';
import { boot } from '../boot.ts';
import { NewPassword } from '../forms/new-password.tsx';
import { isEmail, judgePassword } from '../forms/rules.ts';
import { useApiForm } from '../forms/use-api-form.ts';
import { meQuery, oneOf } from '../queries.ts';
import { LinkButton } from '../ui/link-button.tsx';
import { Outside } from '../ui/outside.tsx';
import { FormProblem } from '../ui/problem.tsx';

export function SetUp() {
  const { t } = useTranslation();
  const { token: given } = useSearch({ from: '/setup' });
  const [token] = useState(given);
  const navigate = useNavigate();
  const { data } = useQuery(oneOf<{ needed: boolean }>('/setup', null));
  useEffect(() => {
    if (given) void navigate({ to: '/setup', search: {}, replace: true });
  }, [given, navigate]);
  const isNeeded = data?.needed ?? boot.setup_needed;
  if (!isNeeded) {
    return (
      <Outside title={t('setup.doneTitle')} lead={t('setup.doneText')}>
        <LinkButton to="/app/sign-in" fullWidth mt="lg">
          {t('signIn.do')}
        </LinkButton>
      </Outside>
    );
  }
  if (!token) return <NoToken />;
  return (
    <Outside title={t('setup.title', { brand: boot.brand.name })} lead={t('setup.lead')}>
      <SetUpForm token={token} />
    </Outside>
  );
}

function NoToken() {
  const { t } = useTranslation();
  return (
    <Outside title={t('setup.noTokenTitle')} lead={t('setup.noTokenText')}>
      <pre className="small" dir="ltr">
        {`${location.origin}/setup?token=…`}
      </pre>
      <p className="dim small">{t('setup.noTokenHow')}</p>
    </Outside>
  );
}

function SetUpForm({ token }: { token: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const required = (text: string) => (text.trim() === '' ? t('form.required') : null);
  const { form, submit, isPending, problem } = useApiForm({
    initialValues: { name: '', email: '', password: '', workspace: '', bot: '' },
    validate: {
      name: required,
      email: (email) => (isEmail(email) ? null : t('form.email')),
      password: (password, { email }) => (judgePassword(password, email).isAllowed ? null : t('form.password')),
      workspace: required,
      bot: required,
    },
    send: (values) => api.post<Me>('/setup', { token, ...values }),
    onDone: (me) => {
      boot.setup_needed = false;
      client.clear();
      client.setQueryData(meQuery.queryKey, me);
      void navigate({ to: '/app' });
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput label={t('person.name')} autoComplete="name" autoFocus required withAsterisk={false} {...form.getInputProps('name')} />
        <TextInput label={t('person.email')} type="email" autoComplete="username" required withAsterisk={false} {...form.getInputProps('email')} />
        <NewPassword label={t('person.password')} email={form.values.email} {...form.getInputProps('password')} value={form.values.password} />
        <TextInput
          label={t('setup.workspace')}
          description={t('setup.workspaceHint')}
          autoComplete="organization"
          required
          withAsterisk={false}
          {...form.getInputProps('workspace')}
        />
        <TextInput label={t('setup.bot')} description={t('setup.botHint')} autoComplete="off" required withAsterisk={false} {...form.getInputProps('bot')} />
        <FormProblem error={problem} />
        <Button type="submit" fullWidth loading={isPending} mt={4}>
          {t('setup.do')}
        </Button>
      </Stack>
    </form>
  );
}
