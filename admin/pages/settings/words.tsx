// Words that work everywhere: what people may say at any time, in any flow, and what they read when a flow has failed.
import '@mantine/core/styles/Pill.layer.css';
import '@mantine/core/styles/PillsInput.layer.css';
import { TagsInput, Textarea } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Settings } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { usePlace } from '../../place.ts';
import { oneOf } from '../../queries.ts';
import { FormCard } from '../../ui/form-card.tsx';
import { FormGhost } from '../../ui/list.tsx';
import { Card, useTitle } from '../../ui/page.tsx';
import { Problem } from '../../ui/problem.tsx';
import { toastDone } from '../../ui/toast.tsx';

const commands = ['restart', 'stop', 'agent', 'menu'] as const;
type Values = Record<(typeof commands)[number], string[]> & { fallback_text: string };

export function WordsSettings() {
  const { t } = useTranslation();
  const { place } = usePlace();
  const found = useQuery(oneOf<Settings>('/settings', place));
  useTitle(t('nav.words'));
  if (found.data) return <Words settings={found.data} />;
  return <Card>{found.error ? <Problem error={found.error} retry={() => void found.refetch()} /> : <FormGhost fields={5} />}</Card>;
}

const fold = (word: string) => word.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();

/** A word means one command: at the second that has it, the word. */
function twiceIn(values: Values, command: (typeof commands)[number]): string | null {
  const before = new Set(commands.slice(0, commands.indexOf(command)).flatMap((other) => values[other].map(fold)));
  return values[command].find((word) => before.has(fold(word))) ?? null;
}

function valuesOf({ command_words, fallback_text }: Settings): Values {
  return { ...command_words, fallback_text };
}

function Words({ settings }: { settings: Settings }) {
  const { t } = useTranslation();
  const { place, may } = usePlace();
  const client = useQueryClient();
  const isReadOnly = !may('settings.write');
  const keep = (saved: Settings) => {
    client.setQueryData(oneOf<Settings>('/settings', place).queryKey, saved);
    settle(valuesOf(saved));
  };
  const save = ({ fallback_text, ...command_words }: Values) =>
    api.patch<Settings>('/settings', { fallback_text: fallback_text.trim(), command_words }, { at: place });
  const { form, submit, settle, isPending, problem } = useApiForm<Values, Settings>({
    initialValues: valuesOf(settings),
    validate: (values) => ({
      ...Object.fromEntries(
        commands.flatMap((command) => {
          const word = twiceIn(values, command);
          return word === null ? [] : [[command, t('words.twice', { word })]];
        }),
      ),
      ...(values.fallback_text.trim() === '' ? { fallback_text: t('form.required') } : {}),
    }),
    send: save,
    onDone: (saved) => {
      const before = valuesOf(settings);
      toastDone(t('toast.saved'), async () => keep(await save(before)));
      keep(saved);
    },
  });
  return (
    <FormCard
      title={t('nav.words')}
      lead={t('words.lead')}
      form={form}
      submit={submit}
      isPending={isPending}
      problem={problem}
      readOnly={isReadOnly ? t('settings.readOnly') : undefined}
    >
      {commands.map((command) => (
        <TagsInput
          key={command}
          label={t(`words.${command}.name`)}
          description={t(`words.${command}.about`)}
          placeholder={form.values[command].length === 0 ? t('words.none') : ''}
          splitChars={[',', ';']}
          acceptValueOnBlur
          maxTags={20}
          maxLength={60}
          comboboxProps={{ disabled: true }}
          disabled={isReadOnly}
          data-path={command}
          {...form.getInputProps(command)}
        />
      ))}
      <Textarea
        label={t('words.fallback')}
        description={t('words.fallbackHint')}
        rows={3}
        maxLength={2_000}
        disabled={isReadOnly}
        {...form.getInputProps('fallback_text')}
      />
    </FormCard>
  );
}
