// A new key: for which workspace and bot, what it may do, until when.
import '@mantine/core/styles/FloatingIndicator.layer.css';
import '@mantine/core/styles/SegmentedControl.layer.css';
import { Group, Input, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { MyWorkspace, NewKey } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { useFormat } from '../../format.ts';
import { Scopes } from '../../forms/scopes.tsx';
import { useApiForm } from '../../forms/use-api-form.ts';
import { useMe, usePlace } from '../../place.ts';
import { type Scope, scopesOfRole } from '../../roles.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogForm } from '../../ui/dialog-form.tsx';
import { askedOf, isRate, KeyBounds, noBounds } from './key-bounds.tsx';

const allBots = 'all';
const lifetimesDays = { never: null, week: 7, month: 30, quarter: 90, year: 365 } as const;
type Lifetime = keyof typeof lifetimesDays;
const dayMs = 86_400_000;

type KeyFormProps = { start: MyWorkspace; onClose: () => void; onMade: (key: NewKey) => unknown };

export function KeyForm({ start, onClose, onMade }: KeyFormProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { workspaces } = useMe();
  const { bot } = usePlace();
  const workspaceOf = (id: string) => workspaces.find((one) => String(one.id) === id) ?? start;
  const { form, submit, isPending, problem } = useApiForm({
    initialValues: {
      name: '',
      workspace: String(start.id),
      bot: start.bots.find((one) => one.id === bot?.id)?.flow_ns ?? start.bots[0]?.flow_ns ?? allBots,
      scopes: [] as Scope[],
      lifetime: 'never' as Lifetime,
      environment: 'live' as 'live' | 'test',
      ...noBounds,
    },
    validate: {
      name: (name) => (name.trim() === '' ? t('form.required') : null),
      scopes: (scopes) => (scopes.length === 0 ? t('keys.scopeNeeded') : null),
      rate_per_minute: (rate) => (isRate(rate) ? null : t('keys.rateWrong')),
    },
    send: ({ name, workspace, bot, scopes, lifetime, environment, ...bounds }) => {
      const days = lifetimesDays[lifetime];
      const expires_at = days === null ? null : Date.now() + days * dayMs;
      const body = { name: name.trim(), workspace: Number(workspace), bot: bot === allBots ? null : bot, scopes, expires_at, environment, ...askedOf(bounds) };
      return api.post<NewKey>('/keys', body, { at: { workspace: Number(workspace), bot: null } });
    },
    onDone: onMade,
  });
  const workspace = workspaceOf(form.values.workspace);
  const available = scopesOfRole[workspace.role];
  const days = lifetimesDays[form.values.lifetime];
  const chooseBot = (bot: string | null) => {
    form.setFieldValue('bot', bot ?? allBots);
    form.setFieldValue('flows', []);
  };
  const chooseWorkspace = (id: string | null) => {
    if (id === null) return;
    const { role, bots } = workspaceOf(id);
    form.setFieldValue('workspace', id);
    form.setFieldValue('bot', bots[0]?.flow_ns ?? allBots);
    form.setFieldValue('flows', []);
    form.setFieldValue('scopes', (chosen) => chosen.filter((scope) => scopesOfRole[role].includes(scope)));
  };
  return (
    <Dialog opened onClose={onClose} title={t('keys.create')} size="lg">
      <DialogForm submit={submit} isPending={isPending} problem={problem} action={t('keys.do')} isRoomy onClose={onClose}>
        <TextInput label={t('keys.name')} description={t('keys.nameHint')} data-autofocus autoComplete="off" {...form.getInputProps('name')} />
        <Group grow align="flex-start" preventGrowOverflow={false}>
          <Select
            label={t('keys.workspace')}
            data={workspaces.map(({ id, name }) => ({ value: String(id), label: name }))}
            allowDeselect={false}
            {...form.getInputProps('workspace')}
            onChange={chooseWorkspace}
          />
          <Select
            label={t('keys.bot')}
            data={[...workspace.bots.map(({ flow_ns, name }) => ({ value: flow_ns, label: name })), { value: allBots, label: t('keys.allBotsLong') }]}
            allowDeselect={false}
            {...form.getInputProps('bot')}
            onChange={chooseBot}
          />
        </Group>
        <Scopes value={form.values.scopes} available={available} error={form.errors.scopes} onChange={(scopes) => form.setFieldValue('scopes', scopes)} />
        <Group grow align="flex-start" preventGrowOverflow={false}>
          <Select
            label={t('keys.expiry')}
            description={days === null ? t('keys.expiryNever') : t('keys.expiryOn', { date: format.date(Date.now() + days * dayMs) })}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            data={(Object.keys(lifetimesDays) as Lifetime[]).map((value) => ({ value, label: t(`keys.lifetime.${value}`) }))}
            allowDeselect={false}
            {...form.getInputProps('lifetime')}
          />
          <Input.Wrapper label={t('keys.environment')} labelElement="div">
            <SegmentedControl
              fullWidth
              aria-label={t('keys.environment')}
              data={[
                { value: 'live', label: t('keys.live') },
                { value: 'test', label: t('keys.test') },
              ]}
              {...form.getInputProps('environment')}
            />
          </Input.Wrapper>
        </Group>
        <KeyBounds form={form} bot={workspace.bots.find((one) => one.flow_ns === form.values.bot) ?? null} workspace={workspace.id} />
      </DialogForm>
    </Dialog>
  );
}
