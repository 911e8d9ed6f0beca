// Signing in with a password. `?next=` is where the person wanted to go; only our own pages count.
import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Me } from '../api/replies.ts';
import { ApiError, api } from '../api.ts';
import { boot } from '../boot.ts';
import { isEmail, ownPath } from '../forms/rules.ts';
import { useApiForm } from '../forms/use-api-form.ts';
import { meQuery } from '../queries.ts';
import { Outside } from '../ui/outside.tsx';
import { FormProblem } from '../ui/problem.tsx';

export function SignIn() {
  const { t } = useTranslation();
  const router = useRouter();
  const client = useQueryClient();
  const { next } = useSearch({ from: '/app/sign-in' });
  const { form, submit, isPending, problem } = useApiForm({
    initialValues: { email: '', password: '' },
    validate: {
      email: (email) => (isEmail(email) ? null : t('form.email')),
      password: (password) => (password === '' ? t('form.required') : null),
    },
    send: (values) => api.post<Me>('/sign-in', values, { expects401: true }),
    onDone: (me) => {
      client.clear();
      client.setQueryData(meQuery.queryKey, me);
      router.history.push(ownPath(next));
    },
  });
  const isWrong = problem instanceof ApiError && problem.status === 401;
  return (
    <Outside title={t('signIn.title', { brand: boot.brand.name })} lead={next ? t('signIn.next') : undefined}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput
            label={t('person.email')}
            type="email"
            autoComplete="username"
            inputMode="email"
            autoFocus
            required
            withAsterisk={false}
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label={t('person.password')}
            autoComplete="current-password"
            required
            withAsterisk={false}
            visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
            {...form.getInputProps('password')}
          />
          <FormProblem error={isWrong ? new ApiError(401, 'wrong_password', t('signIn.wrong')) : problem} />
          <Button type="submit" fullWidth loading={isPending} mt={4}>
            {t('signIn.do')}
          </Button>
        </Stack>
      </form>
      <p className="dim small">{boot.setup_needed ? t('signIn.setupNeeded') : t('signIn.forgotten')}</p>
    </Outside>
  );
}
