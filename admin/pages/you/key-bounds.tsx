// What few need when they make a key: how often it may call, which flows its chats may run, and in whose words they answer.
import '@mantine/core/styles/Pill.layer.css';
import '@mantine/core/styles/PillsInput.layer.css';
import { Checkbox, MultiSelect, Stack, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import type { Place } from '../../api.ts';
import { useList } from '../../queries.ts';

export const noBounds = { rate_per_minute: '', flows: [] as string[], legacy: false };
type Bounds = typeof noBounds;

/** Empty is as often as anyone. */
export function isRate(text: string): boolean {
  return text.trim() === '' || (/^\d{1,6}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 100_000);
}

export function askedOf({ rate_per_minute, flows, legacy }: Bounds) {
  return {
    ...(rate_per_minute.trim() === '' ? {} : { rate_per_minute: Number(rate_per_minute) }),
    ...(flows.length === 0 ? {} : { flows }),
    ...(legacy ? { status_vocabulary: 'legacy' as const } : {}),
  };
}

type Flow = { name: string; sub_flow_ns: string };

/** Of all bots there is no list of flows to choose from. */
type Props<Values extends Bounds> = { form: UseFormReturnType<Values>; bot: { flow_ns: string } | null; workspace: number };

export function KeyBounds<Values extends Bounds>({ form, bot, workspace }: Props<Values>) {
  const { t } = useTranslation();
  return (
    <details>
      <summary>{t('keys.more')}</summary>
      <Stack gap="lg" mt="md">
        <TextInput
          label={t('keys.rate')}
          description={t('keys.rateHint')}
          inputMode="numeric"
          autoComplete="off"
          maw="14rem"
          {...form.getInputProps('rate_per_minute')}
        />
        {bot !== null && <Flows at={{ workspace, bot: bot.flow_ns }} {...form.getInputProps('flows')} />}
        <Checkbox label={t('keys.legacy')} description={t('keys.legacyHint')} {...form.getInputProps('legacy', { type: 'checkbox' })} />
      </Stack>
    </details>
  );
}

type FlowsProps = { at: Place; value?: string[]; error?: React.ReactNode; onChange?: (value: string[]) => void };

function Flows({ at, ...input }: FlowsProps) {
  const { t } = useTranslation();
  const { rows } = useList<Flow>('/flows', at, { limit: 200 });
  const data = (rows ?? []).map(({ name, sub_flow_ns }) => ({ value: sub_flow_ns, label: name }));
  return (
    <MultiSelect label={t('keys.flows')} description={t('keys.flowsHint')} data={data} searchable clearable hidePickedOptions data-path="flows" {...input} />
  );
}
