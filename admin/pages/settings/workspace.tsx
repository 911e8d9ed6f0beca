// The workspace: its name and picture, and how it counts time and money.
import { Button, Select, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Settings } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { Picture } from '../../forms/picture.tsx';
import { TimeZone } from '../../forms/time-zone.tsx';
import { useApiForm } from '../../forms/use-api-form.ts';
import { usePlace } from '../../place.ts';
import { oneOf, refresh } from '../../queries.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { FormCard } from '../../ui/form-card.tsx';
import { FormGhost } from '../../ui/list.tsx';
import { Card, useTitle } from '../../ui/page.tsx';
import { Problem } from '../../ui/problem.tsx';
import { toastDone } from '../../ui/toast.tsx';
import { currencies, languagesOfWorld } from './choices.ts';

export function WorkspaceSettings() {
  const { t } = useTranslation();
  const { place, may } = usePlace();
  const found = useQuery(oneOf<Settings>('/settings', place));
  useTitle(t('nav.workspace'));
  if (found.data) {
    return (
      <>
        <SettingsForm settings={found.data} />
        {may('workspace.delete') && <DeleteWorkspace />}
      </>
    );
  }
  return <Card>{found.error ? <Problem error={found.error} retry={() => void found.refetch()} /> : <FormGhost fields={5} />}</Card>;
}

type Regional = Pick<Settings, 'name' | 'image' | 'timezone' | 'language' | 'currency'>;

function regionalOf({ name, image, timezone, language, currency }: Settings): Regional {
  return { name, image, timezone, language, currency };
}

function SettingsForm({ settings }: { settings: Settings }) {
  const { t, i18n } = useTranslation();
  const { place, may } = usePlace();
  const client = useQueryClient();
  const isReadOnly = !may('settings.write');
  const keep = (saved: Settings) => {
    client.setQueryData(oneOf<Settings>('/settings', place).queryKey, saved);
    settle(regionalOf(saved));
    return refresh(client, '/me', '/workspaces');
  };
  const save = ({ name, image, timezone, language, currency }: Regional) =>
    api.patch<Settings>('/settings', { name: name.trim(), image, timezone, language, currency }, { at: place });
  const { form, submit, settle, isPending, problem } = useApiForm({
    initialValues: regionalOf(settings),
    validate: { name: (name) => (name.trim() === '' ? t('form.required') : null) },
    send: save,
    onDone: (saved) => {
      const before = settings;
      toastDone(t('toast.saved'), async () => keep(await save(before)));
      return keep(saved);
    },
  });
  return (
    <FormCard
      title={t('nav.workspace')}
      lead={t('workspace.lead')}
      form={form}
      submit={submit}
      isPending={isPending}
      problem={problem}
      readOnly={isReadOnly ? t('settings.readOnly') : undefined}
    >
      <Picture
        label={t('workspace.picture')}
        name={form.values.name || settings.name}
        value={form.values.image}
        error={form.errors.image}
        isSquare
        disabled={isReadOnly}
        onChange={(image) => form.setFieldValue('image', image)}
      />
      <TextInput label={t('workspace.name')} disabled={isReadOnly} {...form.getInputProps('name')} />
      <TimeZone label={t('workspace.timezone')} description={t('workspace.timezoneHint')} disabled={isReadOnly} {...form.getInputProps('timezone')} />
      <Select
        label={t('workspace.language')}
        description={t('workspace.languageHint')}
        data={languagesOfWorld(i18n.language, settings.language)}
        searchable
        nothingFoundMessage={t('form.nothingFound')}
        allowDeselect={false}
        disabled={isReadOnly}
        {...form.getInputProps('language')}
      />
      <Select
        label={t('workspace.currency')}
        data={currencies(i18n.language)}
        searchable
        nothingFoundMessage={t('form.nothingFound')}
        allowDeselect={false}
        disabled={isReadOnly}
        {...form.getInputProps('currency')}
      />
    </FormCard>
  );
}

function DeleteWorkspace() {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  return (
    <Card
      title={t('workspace.delete')}
      lead={t('workspace.deleteLead')}
      isDanger
      foot={
        <Button color="red" variant="light" size="compact-md" onClick={() => setAsking(true)}>
          {t('workspace.delete')}
        </Button>
      }
    >
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t('workspace.deleteTitle', { name: workspace.name })}
        text={t('workspace.deleteText')}
        phrase={workspace.name}
        action={t('workspace.delete')}
        onConfirm={async () => {
          await api.delete(`/workspaces/${workspace.id}`, {}, { name: workspace.name });
          // First the workspace is gone, then the page: nothing may be asked of it any more.
          await refresh(client, '/me');
          await navigate({ to: '/app', ignoreBlocker: true });
          toastDone(t('workspace.deleted', { name: workspace.name }));
        }}
      />
    </Card>
  );
}
