// Fields and tags: what a bot knows of people and of itself, and what it and the team call them. The kind that is
// shown and what is looked for stand in the address.
import '@mantine/core/styles/FloatingIndicator.layer.css';
import '@mantine/core/styles/SegmentedControl.layer.css';
import { Button, SegmentedControl } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { usePlace } from '../../place.ts';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Card, useTitle } from '../../ui/page.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { FieldList } from './fields/field-list.tsx';
import { MarkList } from './fields/mark-list.tsx';
import css from './settings.module.css';

const kinds = ['user', 'bot', 'tags', 'labels'] as const;
export type Kind = (typeof kinds)[number];

export function FieldsAndTags() {
  const { t } = useTranslation();
  const { bot, may } = usePlace();
  const search = useSearch({ from: '/frame/app/settings/fields' });
  const navigate = useNavigate({ from: '/app/settings/fields' });
  const kind = kinds.find((one) => one === search.of) ?? 'user';
  const go = (next: { of?: string; q?: string; new?: string }) =>
    void navigate({ search: Object.fromEntries(Object.entries(next).filter(([, value]) => value)), replace: true });
  const here = { of: kind, q: search.q ?? '' };
  useTitle(t('nav.fields'));
  const create = may('marks.write') && (
    <Button leftSection={<Icon name="plus" />} onClick={() => go({ ...here, new: '1' })}>
      {t(`fields.${kind}.create`)}
    </Button>
  );
  const list = { q: here.q, isNew: search.new !== undefined, onNewDone: () => go(here), create };
  return (
    <Card title={t('nav.fields')} lead={t(`fields.${kind}.lead`)} isFlush actions={create}>
      <div className={css.filters}>
        <SegmentedControl
          size="sm"
          aria-label={t('fields.kind')}
          data={kinds.map((value) => ({ value, label: t(`fields.${value}.name`) }))}
          value={kind}
          onChange={(of) => go({ of })}
          className={css.kinds}
        />
        <SearchField label={t('fields.find')} value={here.q} onChange={(q) => go({ of: kind, q })} />
      </div>
      {bot === null && kind !== 'labels' ? (
        <Empty icon="bot" title={t('switch.noBotTitle')} text={t('fields.noBotText')} />
      ) : kind === 'tags' || kind === 'labels' ? (
        <MarkList key={kind} kind={kind} {...list} />
      ) : (
        <FieldList key={kind} owner={kind} {...list} />
      )}
    </Card>
  );
}
