// How the chat of a site looks and what it asks first, beside the chat itself on a page of ours: colours and corners
// follow what is being chosen, the rest follows when it is saved.
import '@mantine/core/styles/ColorSwatch.layer.css';
import '@mantine/core/styles/ColorPicker.layer.css';
import '@mantine/core/styles/ColorInput.layer.css';
import '@mantine/core/styles/InlineInput.layer.css';
import '@mantine/core/styles/FloatingIndicator.layer.css';
import '@mantine/core/styles/SegmentedControl.layer.css';
import '@mantine/core/styles/Switch.layer.css';
import { Button, ColorInput, Input, SegmentedControl, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Site, SiteTheme } from '../../api/replies.ts';
import { api, type Place } from '../../api.ts';
import { boot } from '../../boot.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { usePlace } from '../../place.ts';
import { oneOf, refresh } from '../../queries.ts';
import { FormCard } from '../../ui/form-card.tsx';
import { Icon } from '../../ui/icon.tsx';
import { FormGhost } from '../../ui/list.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { Problem } from '../../ui/problem.tsx';
import { toastDone } from '../../ui/toast.tsx';
import css from './look.module.css';

const suggestions = ['#2f6fed', '#0d7a5f', '#6d3fd1', '#c2255c', '#d9480f', '#16181d'];
const maxStarters = 6;
const radii = [0, 8, 16, 24] as const;

export function SiteLook() {
  const { t } = useTranslation();
  const { siteId } = useParams({ from: '/frame/app/sites/$siteId/look' });
  const { botPlace, may } = usePlace();
  const found = useQuery(oneOf<Site>(`/sites/${siteId}`, botPlace));
  const back = { to: `/app/sites/${siteId}`, label: found.data?.name ?? t('sites.one') } as const;
  return (
    <Page title={t('sites.look.title')} lead={t('sites.look.lead')} back={back as never}>
      {found.data ? (
        <LookForm site={found.data} at={botPlace} isReadOnly={!may('sites.write')} />
      ) : (
        <Card>{found.error ? <Problem error={found.error} retry={() => void found.refetch()} /> : <FormGhost fields={4} />}</Card>
      )}
    </Page>
  );
}

function valuesOf({ theme, pre_chat, starters, sound }: Site) {
  return {
    color: theme.color ?? '',
    scheme: theme.scheme,
    side: theme.side,
    radius: String(theme.radius),
    launcher: theme.launcher ?? '',
    name: pre_chat.name,
    email: pre_chat.email,
    consent: pre_chat.consent ?? '',
    starters: starters.join('\n'),
    sound,
  };
}

type Values = ReturnType<typeof valuesOf>;

function linesOf(text: string): string[] {
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}

const orNone = (text: string) => (text.trim() === '' ? null : text.trim());

function bodyOf(values: Values): object {
  const { color, scheme, side, radius, launcher, name, email, consent, starters, sound } = values;
  return {
    theme: { color: orNone(color), scheme, side, radius: Number(radius), launcher: orNone(launcher) },
    pre_chat: { name, email, consent: orNone(consent) },
    starters: linesOf(starters),
    sound,
  };
}

type LookProps = { site: Site; at: Place; isReadOnly: boolean };

function LookForm({ site, at, isReadOnly }: LookProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const save = (values: Values, rev: number) => api.patch<Site>(`/sites/${site.id}`, { ...bodyOf(values), rev }, { at });
  const keep = (saved: Site) => {
    client.setQueryData(oneOf<Site>(`/sites/${site.id}`, at).queryKey, saved);
    settle(valuesOf(saved));
    void refresh(client, '/sites');
  };
  const { form, submit, settle, isPending, problem } = useApiForm({
    initialValues: valuesOf(site),
    validate: {
      color: (color) => (/^#[0-9a-f]{6}$/i.test(color.trim()) || color.trim() === '' ? null : t('form.colorWrong')),
      starters: (starters) => (linesOf(starters).length > maxStarters ? t('sites.look.tooManyStarters', { max: maxStarters }) : null),
    },
    send: (values) => save(values, site.rev),
    onDone: (saved) => {
      const before = valuesOf(site);
      keep(saved);
      toastDone(t('toast.saved'), async () => keep(await save(before, saved.rev)));
    },
  });
  const { values } = form;
  const color = /^#[0-9a-f]{6}$/i.test(values.color.trim()) ? values.color.trim() : boot.brand.color;
  const theme: SiteTheme = { color, scheme: values.scheme, side: values.side, radius: Number(values.radius), launcher: orNone(values.launcher) };
  return (
    <div className={css.columns}>
      <FormCard form={form} submit={submit} isPending={isPending} problem={problem} readOnly={isReadOnly ? t('sites.readOnly') : undefined}>
        <fieldset className={css.fields} disabled={isReadOnly}>
          <legend>{t('sites.look.looks')}</legend>
          <ColorInput
            label={t('sites.look.color')}
            description={t('sites.look.colorHint')}
            format="hex"
            withEyeDropper={false}
            swatches={suggestions}
            swatchesPerRow={6}
            {...form.getInputProps('color')}
          />
          <Choice label={t('sites.look.scheme')} names={['auto', 'light', 'dark']} word={(name) => t(`sites.look.${name}`)} {...form.getInputProps('scheme')} />
          <Choice
            label={t('sites.look.side')}
            hint={t('sites.look.sideHint')}
            names={['start', 'end']}
            word={(name) => t(`sites.look.${name}`)}
            {...form.getInputProps('side')}
          />
          <Choice
            label={t('sites.look.radius')}
            names={radiiWith(values.radius)}
            word={(name) => t('sites.look.pixels', { count: Number(name) })}
            {...form.getInputProps('radius')}
          />
          <TextInput label={t('sites.look.launcher')} description={t('sites.look.launcherHint')} maxLength={60} {...form.getInputProps('launcher')} />
          <Switch label={t('sites.look.sound')} {...form.getInputProps('sound', { type: 'checkbox' })} />
        </fieldset>
        <fieldset className={css.fields} disabled={isReadOnly}>
          <legend>{t('sites.look.before')}</legend>
          <AskedFor label={t('sites.look.askName')} site={site} {...form.getInputProps('name')} />
          <AskedFor label={t('sites.look.askEmail')} site={site} {...form.getInputProps('email')} />
          <Textarea
            label={t('sites.look.consent')}
            description={t('sites.look.consentHint')}
            autosize
            minRows={2}
            maxLength={1000}
            {...form.getInputProps('consent')}
          />
          <Textarea
            label={t('sites.look.starters')}
            description={t('sites.look.startersHint', { max: maxStarters })}
            autosize
            minRows={3}
            {...form.getInputProps('starters')}
          />
        </fieldset>
      </FormCard>
      <Preview siteKey={site.site_key} rev={site.rev} theme={theme} />
    </div>
  );
}

/** What the site has now may be none of ours. */
function radiiWith(radius: string): string[] {
  return [...new Set([...radii.map(String), radius])].sort((a, b) => Number(a) - Number(b));
}

type ChoiceProps<Name extends string> = {
  label: string;
  hint?: string;
  names: readonly Name[];
  word: (name: Name) => string;
  value?: string;
  onChange?: (value: string) => void;
};

function Choice<Name extends string>({ label, hint, names, word, value, onChange }: ChoiceProps<Name>) {
  return (
    <Input.Wrapper label={label} description={hint} labelElement="div">
      <SegmentedControl
        fullWidth
        aria-label={label}
        data={names.map((name) => ({ value: name, label: word(name) }))}
        {...(value === undefined ? {} : { value })}
        {...(onChange ? { onChange } : {})}
      />
    </Input.Wrapper>
  );
}

const asked = ['hidden', 'optional', 'required'] as const;

function AskedFor({ label, site, ...field }: { label: string; site: Site }) {
  const { t } = useTranslation();
  return (
    <Select
      label={label}
      // Where nobody may stay unknown the answer is settled elsewhere.
      description={site.anonymous ? undefined : t('sites.look.alwaysAsked')}
      data={asked.map((one) => ({ value: one, label: t(`sites.look.asked.${one}`) }))}
      allowDeselect={false}
      {...field}
    />
  );
}

type WithChat = Window & { parley?: (method: string, ...args: unknown[]) => unknown };

/** The chat as a visitor has it, on the page that looks like somebody's shop. */
function Preview({ siteKey, rev, theme }: { siteKey: string; rev: number; theme: SiteTheme }) {
  const { t } = useTranslation();
  const frame = useRef<HTMLIFrameElement>(null);
  const [loads, setLoads] = useState(0);
  const [isLoading, setLoading] = useState(true);
  const { color, scheme, side, radius, launcher } = theme;
  useEffect(() => {
    if (isLoading) return;
    const chat = (frame.current?.contentWindow as WithChat | null)?.parley;
    chat?.('setTheme', { color, scheme, side, radius, launcher });
    chat?.('setScheme', scheme);
  }, [isLoading, color, scheme, side, radius, launcher]);
  return (
    <section className={css.preview} aria-label={t('sites.preview')}>
      <div className={css.previewHead}>
        <span>{t('sites.preview')}</span>
        <Button
          variant="subtle"
          size="compact-xs"
          leftSection={<Icon name="rotate" size={13} />}
          onClick={() => {
            setLoading(true);
            setLoads((n) => n + 1);
          }}
        >
          {t('sites.look.reload')}
        </Button>
      </div>
      <iframe
        key={`${rev} ${loads}`}
        ref={frame}
        title={t('sites.preview')}
        src={`/demo?site_key=${encodeURIComponent(siteKey)}`}
        onLoad={() => {
          setLoading(false);
          (frame.current?.contentWindow as WithChat | null)?.parley?.('open');
        }}
      />
    </section>
  );
}
