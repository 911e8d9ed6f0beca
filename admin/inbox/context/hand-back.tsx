// Back to the flow: where it waits, or at a block somebody chooses.
import { Button, Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FlowSession, FlowVersion } from '../../api/replies.ts';
import { usePlace } from '../../place.ts';
import { oneOf } from '../../queries.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import { FormProblem } from '../../ui/problem.tsx';
import css from './context.module.css';

type HandBackProps = { session: FlowSession | null; isPending: boolean; onHandBack: (block: string | null) => void };

export function HandBack({ session, isPending, onHandBack }: HandBackProps) {
  const { t } = useTranslation();
  const [isChoosing, setChoosing] = useState(false);
  return (
    <Stack gap={6}>
      <Button size="sm" fullWidth leftSection={<Icon name="flow" size={16} />} loading={isPending} onClick={() => onHandBack(null)}>
        {t('inbox.flow.handBack')}
      </Button>
      <p className={css.hint}>{session?.status === 'handed_off' ? t('inbox.flow.handBackDone') : t('inbox.flow.handBackHint')}</p>
      {session?.hand_back && (
        <Button size="compact-sm" variant="subtle" onClick={() => setChoosing(true)}>
          {t('inbox.flow.handBackAt')}
        </Button>
      )}
      {isChoosing && session?.hand_back && (
        <ChooseBlock
          {...session.hand_back}
          current={session.wait?.block ?? session.at.block}
          onClose={() => setChoosing(false)}
          onChoose={(block) => {
            setChoosing(false);
            onHandBack(block);
          }}
        />
      )}
    </Stack>
  );
}

type ChooseProps = { flow: string; version: number; current: string; onClose: () => void; onChoose: (block: string) => void };

function ChooseBlock({ flow, version, current, onClose, onChoose }: ChooseProps) {
  const { t } = useTranslation();
  const { botPlace } = usePlace();
  const found = useQuery(oneOf<FlowVersion>(`/flows/${flow}/versions/${version}`, botPlace));
  const [block, setBlock] = useState<string | null>(null);
  const groups = Object.entries(found.data?.document.groups ?? {}).map(([id, group]) => ({
    group: group.title ?? id,
    items: group.blocks.map((one) => {
      const says = typeof one.text === 'string' ? one.text.replace(/\s+/g, ' ').slice(0, 60) : one.type;
      return { value: `${id}.${one.id}`, label: `${one.id} · ${says}` };
    }),
  }));
  const known = groups.flatMap((group) => group.items.map((one) => one.value));
  const chosen = block ?? (known.includes(current) ? current : null);
  return (
    <Dialog opened onClose={onClose} title={t('inbox.flow.handBackAt')} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen) onChoose(chosen);
        }}
      >
        <Stack gap="md">
          {found.isError && <FormProblem error={found.error} />}
          <Select
            label={t('inbox.flow.block')}
            description={t('inbox.flow.blockHint')}
            data={groups}
            value={chosen}
            onChange={setBlock}
            searchable
            limit={200}
            nothingFoundMessage={t('inbox.flow.noBlock')}
            comboboxProps={{ withinPortal: true }}
            data-autofocus
          />
          <div className="dialog-foot">
            <Button variant="default" onClick={onClose}>
              {t('confirm.cancel')}
            </Button>
            <Button type="submit" disabled={chosen === null}>
              {t('inbox.flow.handBack')}
            </Button>
          </div>
        </Stack>
      </form>
    </Dialog>
  );
}
