// How the whole installation looks and what it is called, shown while it is being chosen.
import '@mantine/core/styles/ColorSwatch.layer.css';
import '@mantine/core/styles/ColorPicker.layer.css';
import '@mantine/core/styles/ColorInput.layer.css';
import { ColorInput, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { BrandSettings as Brand } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { usePlace } from '../../place.ts';
import { oneOf } from '../../queries.ts';
import { Empty } from '../../ui/empty.tsx';
import { FormCard } from '../../ui/form-card.tsx';
import { FormGhost } from '../../ui/list.tsx';
import { Card, useTitle } from '../../ui/page.tsx';
import { Problem } from '../../ui/problem.tsx';
import { toastDone } from '../../ui/toast.tsx';
import { BrandPreview } from './brand-preview.tsx';

const suggestions = ['#2f6fed', '#0d7a5f', '#6d3fd1', '#c2255c', '#d9480f', '#16181d'];

export function BrandSettings() {
  const { t } = useTranslation();
  const { me } = usePlace();
  const found = useQuery(oneOf<Brand>('/brand', null));
  useTitle(t('nav.brand'));
  if (!me.is_installation_owner) {
    return (
      <Card>
        <Empty icon="lock" title={t('brand.notYoursTitle')} text={t('brand.notYoursText')} />
      </Card>
    );
  }
  if (found.data) return <BrandForm brand={found.data} />;
  return <Card>{found.error ? <Problem error={found.error} retry={() => void found.refetch()} /> : <FormGhost fields={4} />}</Card>;
}

function valuesOf(brand: Brand) {
  const { name, color, logo, favicon, support_url, mail_from } = brand;
  return { name, color, logo: logo ?? '', favicon: favicon ?? '', support_url: support_url ?? '', mail_from: mail_from ?? '' };
}

type Values = ReturnType<typeof valuesOf>;

/** Emptied = back to what the installation's configuration says. */
function bodyOf(values: Values): Record<string, string | null> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.trim() === '' ? null : value.trim()]));
}

function BrandForm({ brand }: { brand: Brand }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const save = (values: Values) => api.patch<Brand>('/brand', bodyOf(values));
  const keep = (saved: Brand) => {
    client.setQueryData(oneOf<Brand>('/brand', null).queryKey, saved);
    settle(valuesOf(saved));
  };
  const { form, submit, settle, isPending, problem } = useApiForm({
    initialValues: valuesOf(brand),
    validate: { color: (color) => (/^#[0-9a-f]{6}$/i.test(color.trim()) || color.trim() === '' ? null : t('form.colorWrong')) },
    send: save,
    onDone: (saved) => {
      keep(saved);
      toastDone(t('brand.saved'), async () => keep(await save(valuesOf(brand))));
    },
  });
  const { values } = form;
  return (
    <>
      <BrandPreview name={values.name} color={values.color} logo={values.logo} />
      <FormCard title={t('nav.brand')} lead={t('brand.lead')} form={form} submit={submit} isPending={isPending} problem={problem}>
        <TextInput label={t('brand.name')} description={t('brand.nameHint')} {...form.getInputProps('name')} />
        <ColorInput
          label={t('brand.color')}
          description={t('brand.colorHint')}
          format="hex"
          withEyeDropper={false}
          swatches={suggestions}
          swatchesPerRow={6}
          {...form.getInputProps('color')}
        />
        <TextInput label={t('brand.logo')} description={t('brand.logoHint')} placeholder="https://" inputMode="url" {...form.getInputProps('logo')} />
        <TextInput label={t('brand.favicon')} description={t('brand.faviconHint')} placeholder="https://" inputMode="url" {...form.getInputProps('favicon')} />
        <TextInput
          label={t('brand.support')}
          description={t('brand.supportHint')}
          placeholder="https://"
          inputMode="url"
          {...form.getInputProps('support_url')}
        />
        <TextInput label={t('brand.mail')} description={t('brand.mailHint')} placeholder={t('brand.mailExample')} {...form.getInputProps('mail_from')} />
      </FormCard>
    </>
  );
}
