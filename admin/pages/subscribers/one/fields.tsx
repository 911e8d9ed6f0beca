// What the bot knows of them: a value for each of its user fields.
import { useTranslation } from 'react-i18next';
import type { Field, Subscriber } from '../../../api/replies.ts';
import { useFormat } from '../../../format.ts';
import { shownValue } from '../../../forms/field-value.tsx';
import { EditedValue } from '../../../person/edited-value.tsx';
import { useChange } from '../../../person/use-change.ts';
import { usePlace } from '../../../place.ts';
import { useList } from '../../../queries.ts';
import { LinkButton } from '../../../ui/link-button.tsx';
import { FormGhost } from '../../../ui/list.tsx';
import { Card } from '../../../ui/page.tsx';
import { Problem } from '../../../ui/problem.tsx';
import css from '../subscribers.module.css';

export function Fields({ one }: { one: Subscriber }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { botPlace, may } = usePlace();
  const change = useChange(one.id);
  const list = useList<Field>('/fields', botPlace, { owner: 'user', sort: 'name', limit: 200 });
  const manage = (
    <LinkButton to="/app/settings/fields" variant="subtle" size="compact-sm">
      {t('subscribers.manageFields')}
    </LinkButton>
  );
  if (list.error) return <Problem error={list.error} retry={list.retry} />;
  return (
    <Card title={t('subscribers.fields')} actions={manage}>
      {list.rows === null && <FormGhost fields={2} />}
      {list.rows?.length === 0 && <p className={css.none}>{t('subscribers.noFields')}</p>}
      <dl className={css.facts}>
        {list.rows
          ?.toSorted((a, b) => Number(b.display === 'pin') - Number(a.display === 'pin'))
          .map((field) => {
            const value = one.fields[field.name] ?? '';
            return (
              <EditedValue
                key={field.id}
                label={field.name}
                type={field.type}
                value={value}
                shown={shownValue(field.type, value, t, format)}
                canEdit={may('subscribers.mark')}
                onSave={(next) => change.mutateAsync({ fields: { [field.name]: next === '' ? null : next } })}
              />
            );
          })}
      </dl>
    </Card>
  );
}
