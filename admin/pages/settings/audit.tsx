// Who did what, and when. The filters and the open entry are in the address: a finding can be passed on.
import { Drawer, Select, TextInput } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Fact } from '../../api/replies.ts';
import { useFormat } from '../../format.ts';
import { usePlace } from '../../place.ts';
import { useList } from '../../queries.ts';
import { Empty } from '../../ui/empty.tsx';
import { ListTable } from '../../ui/list.tsx';
import { Card, useTitle } from '../../ui/page.tsx';
import { FactDetails } from './fact-details.tsx';
import { factKinds, sentenceOfFact } from './facts.ts';
import css from './settings.module.css';

const dayMs = 86_400_000;

/** A day of the person's own calendar, as its first millisecond. */
export function startOfDay(day: string | undefined): number | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? '');
  return found ? new Date(Number(found[1]), Number(found[2]) - 1, Number(found[3])).getTime() : null;
}

export function Audit() {
  const { t } = useTranslation();
  const { place, may } = usePlace();
  const search = useSearch({ from: '/frame/app/settings/audit' });
  const navigate = useNavigate({ from: '/app/settings/audit' });
  useTitle(t('nav.audit'));
  const until = startOfDay(search.until);
  const list = useList<Fact>('/audit', place, { kind: search.kind, from: startOfDay(search.from), until: until === null ? null : until + dayMs });
  const open = list.rows?.find(({ id }) => String(id) === search.fact) ?? null;
  const set = (name: 'kind' | 'from' | 'until', value: string | null) =>
    void navigate({ search: ({ [name]: _, fact: __, ...rest }) => (value ? { ...rest, [name]: value } : rest), replace: true });
  if (!may('audit.read')) {
    return (
      <Card>
        <Empty icon="lock" title={t('audit.notYoursTitle')} text={t('audit.notYoursText')} />
      </Card>
    );
  }
  return (
    <Card title={t('nav.audit')} lead={t('audit.lead')} isFlush>
      <div className={css.filters}>
        <Select
          aria-label={t('audit.kind')}
          placeholder={t('audit.anyKind')}
          data={factKinds.map((kind) => ({ value: kind, label: t(`fact.${kind}`) }))}
          value={search.kind ?? null}
          onChange={(kind) => set('kind', kind)}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t('list.clear') }}
          nothingFoundMessage={t('form.nothingFound')}
          flex="1 1 14rem"
          maw="20rem"
        />
        <Day label={t('audit.from')} value={search.from} onChange={(day) => set('from', day)} />
        <Day label={t('audit.until')} value={search.until} onChange={(day) => set('until', day)} />
      </div>
      <ListTable
        list={list}
        label={t('nav.audit')}
        columns={[t('audit.what'), t('audit.who'), t('audit.when'), t('audit.address')]}
        row={(fact) => <FactRow key={fact.id} fact={fact} onOpen={() => void navigate({ search: (now) => ({ ...now, fact: String(fact.id) }) })} />}
        empty={<Empty icon="clock" title={t('audit.emptyTitle')} text={t('audit.emptyText')} />}
      />
      <Drawer
        opened={open !== null}
        onClose={() => void navigate({ search: ({ fact: _, ...rest }) => rest })}
        position="right"
        title={t('audit.details')}
        closeButtonProps={{ 'aria-label': t('nav.close') }}
      >
        {open && <FactDetails fact={open} />}
      </Drawer>
    </Card>
  );
}

function Day({ label, value, onChange }: { label: string; value: string | undefined; onChange: (day: string) => void }) {
  return (
    <TextInput
      type="date"
      aria-label={label}
      leftSection={<span aria-hidden="true">{label}</span>}
      leftSectionWidth={52}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function FactRow({ fact, onOpen }: { fact: Fact; onOpen: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <tr>
      <td>
        <button type="button" className="row-link" onClick={onOpen}>
          {sentenceOfFact(fact, t)}
        </button>
      </td>
      <td data-label={t('audit.who')}>{fact.actor.kind === 'key' ? t('audit.byKey', { name: fact.actor.name }) : fact.actor.name}</td>
      <td data-label={t('audit.when')} className="dim">
        {format.moment(fact.at)}
      </td>
      <td data-label={t('audit.address')} className="mono dim">
        {fact.ip ?? '–'}
      </td>
    </tr>
  );
}
