// Name, picture and e-mail address. The address is how one signs in, so changing it needs the password.
import { PasswordInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Me } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { Picture } from '../../forms/picture.tsx';
import { isEmail } from '../../forms/rules.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { useMe } from '../../place.ts';
import { meQuery } from '../../queries.ts';
import { FormCard } from '../../ui/form-card.tsx';
import { useTitle } from '../../ui/page.tsx';
import { toastDone } from '../../ui/toast.tsx';

export function Profile() {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  useTitle(t('nav.profile'));
  const { form, submit, settle, isPending, problem } = useApiForm({
    initialValues: { name: me.name, email: me.email, image: me.image, current_password: '' },
    validate: {
      name: (name) => (name.trim() === '' ? t('form.required') : null),
      email: (email) => (isEmail(email) ? null : t('form.email')),
      current_password: (password, { email }) => (email.trim() !== me.email && password === '' ? t('form.required') : null),
    },
    send: ({ name, email, image, current_password }) =>
      api.patch<Me>('/me', { name: name.trim(), image, ...(email.trim() === me.email ? {} : { email: email.trim(), current_password }) }),
    onDone: (saved) => {
      client.setQueryData(meQuery.queryKey, saved);
      const values = { name: saved.name, email: saved.email, image: saved.image, current_password: '' };
      settle(values);
      toastDone(t('toast.saved'));
    },
  });
  const isNewEmail = form.values.email.trim() !== me.email;
  return (
    <FormCard title={t('nav.profile')} lead={t('profile.lead')} form={form} submit={submit} isPending={isPending} problem={problem}>
      <Picture
        label={t('picture.yours')}
        name={form.values.name || me.name}
        value={form.values.image}
        error={form.errors.image}
        onChange={(image) => form.setFieldValue('image', image)}
      />
      <TextInput label={t('person.name')} autoComplete="name" {...form.getInputProps('name')} />
      <TextInput label={t('person.email')} description={t('profile.emailHint')} type="email" autoComplete="email" {...form.getInputProps('email')} />
      {isNewEmail && (
        <PasswordInput
          label={t('password.current')}
          description={t('profile.passwordHint')}
          autoComplete="current-password"
          visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
          {...form.getInputProps('current_password')}
        />
      )}
    </FormCard>
  );
}
