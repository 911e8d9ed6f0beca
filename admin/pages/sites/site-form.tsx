// What a site says and where it may stand, beside the widget as a visitor will see it. If someone else saved in the
// meantime, the person decides whose words hold.
import '@mantine/core/styles/InlineInput.layer.css';
import '@mantine/core/styles/Switch.layer.css';
import { Alert, Button, Group, Switch, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Site, SiteValues } from '../../api/replies.ts';
import { ApiError, api, type Place } from '../../api.ts';
import { Origins } from '../../forms/origins.tsx';
import { useApiForm } from '../../forms/use-api-form.ts';
import { oneOf, refresh } from '../../queries.ts';
import { FormCard } from '../../ui/form-card.tsx';
import { Icon } from '../../ui/icon.tsx';
import { toastDone } from '../../ui/toast.tsx';
import css from './site-form.module.css';
import { WidgetPreview } from './widget-preview.tsx';

type Values = Omit<SiteValues, 'auto_reply'> & { auto_reply: string; rev: number | null };

function valuesOf({ name, greeting, auto_reply, origins, author_label, shared_network, anonymous, mute_suspected, rev }: Site): Values {
  return { name, greeting, auto_reply: auto_reply ?? '', origins, author_label, shared_network, anonymous, mute_suspected, rev };
}

function bodyOf(values: Values, rev: number | null): object {
  const auto_reply = values.auto_reply.trim() === '' ? null : values.auto_reply;
  return { ...values, name: values.name.trim(), auto_reply, rev: rev ?? undefined };
}

export function SiteForm({ site, at, isReadOnly }: { site: Site; at: Place; isReadOnly: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { queryKey } = oneOf<Site>(`/sites/${site.id}`, at);
  const keep = (saved: Site) => {
    client.setQueryData(queryKey, saved);
    settle(valuesOf(saved));
    void refresh(client, '/sites');
  };
  const { form, submit, settle, isPending, problem } = useApiForm({
    initialValues: valuesOf(site),
    validate: {
      name: (name) => (name.trim() === '' ? t('form.required') : null),
      greeting: (greeting) => (greeting.length > 1000 ? t('form.tooLong', { max: 1000 }) : null),
      auto_reply: (reply) => (reply.length > 10_000 ? t('form.tooLong', { max: 10_000 }) : null),
      author_label: (label) => (label.length > 100 ? t('form.tooLong', { max: 100 }) : null),
    },
    send: (values) => api.patch<Site>(`/sites/${site.id}`, bodyOf(values, values.rev), { at }),
    onDone: (saved) => {
      const before = valuesOf(site);
      keep(saved);
      toastDone(t('toast.saved'), async () => keep(await api.patch<Site>(`/sites/${site.id}`, bodyOf(before, saved.rev), { at })));
    },
  });
  const isStale = problem instanceof ApiError && problem.code === 'stale_rev';
  const reload = async () => keep(await client.fetchQuery({ ...oneOf<Site>(`/sites/${site.id}`, at), staleTime: 0 }));
  const overwrite = () => {
    // Without a revision the latest is meant.
    form.setFieldValue('rev', null);
    requestAnimationFrame(() => submit());
  };
  return (
    <div className={css.columns}>
      <FormCard
        title={t('sites.words')}
        lead={t('sites.wordsLead')}
        form={form}
        submit={submit}
        isPending={isPending}
        problem={isStale ? null : problem}
        readOnly={isReadOnly ? t('sites.readOnly') : undefined}
      >
        <TextInput label={t('sites.name')} disabled={isReadOnly} {...form.getInputProps('name')} />
        <Textarea
          label={t('sites.greeting')}
          description={t('sites.greetingHint')}
          autosize
          minRows={2}
          disabled={isReadOnly}
          {...form.getInputProps('greeting')}
        />
        <TextInput label={t('sites.author')} description={t('sites.authorHint')} disabled={isReadOnly} {...form.getInputProps('author_label')} />
        <Textarea
          label={t('sites.autoReply')}
          description={t('sites.autoReplyHint')}
          autosize
          minRows={2}
          disabled={isReadOnly}
          {...form.getInputProps('auto_reply')}
        />
        <Origins value={form.values.origins} error={form.errors.origins} disabled={isReadOnly} onChange={(origins) => form.setFieldValue('origins', origins)} />
        <Switch
          label={t('sites.anonymous')}
          description={t('sites.anonymousHint')}
          disabled={isReadOnly}
          {...form.getInputProps('anonymous', { type: 'checkbox' })}
        />
        <Switch
          label={t('sites.sharedNetwork')}
          description={t('sites.sharedNetworkHint')}
          disabled={isReadOnly}
          {...form.getInputProps('shared_network', { type: 'checkbox' })}
        />
        <Switch
          label={t('sites.muteSuspected')}
          description={t('sites.muteSuspectedHint')}
          disabled={isReadOnly}
          {...form.getInputProps('mute_suspected', { type: 'checkbox' })}
        />
        {isStale && (
          <Alert color="yellow" icon={<Icon name="users" />} title={t('sites.staleTitle')} role="alert">
            {t('sites.staleText')}
            <Group gap="xs" mt="sm">
              <Button variant="default" size="compact-sm" onClick={() => void reload()}>
                {t('sites.staleReload')}
              </Button>
              <Button variant="subtle" color="red" size="compact-sm" onClick={overwrite}>
                {t('sites.staleOverwrite')}
              </Button>
            </Group>
          </Alert>
        )}
      </FormCard>
      <WidgetPreview greeting={form.values.greeting} author={form.values.author_label} autoReply={form.values.auto_reply} />
    </div>
  );
}
