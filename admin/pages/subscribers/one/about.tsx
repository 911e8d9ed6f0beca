// Who they are: what every subscriber has.
import { useTranslation } from 'react-i18next';
import type { Subscriber } from '../../../api/replies.ts';
import { EditedValue } from '../../../person/edited-value.tsx';
import { useChange } from '../../../person/use-change.ts';
import { usePlace } from '../../../place.ts';
import { Card } from '../../../ui/page.tsx';
import css from '../subscribers.module.css';

const parts = ['name', 'first_name', 'last_name', 'email', 'phone', 'language', 'country', 'time_zone'] as const satisfies (keyof Subscriber)[];

export function About({ one }: { one: Subscriber }) {
  const { t } = useTranslation();
  const { may } = usePlace();
  const change = useChange(one.id);
  return (
    <Card title={t('subscribers.about')}>
      <dl className={css.facts}>
        {parts.map((part) => (
          <EditedValue
            key={part}
            label={t(`subscribers.part.${part}`)}
            type="text"
            value={one[part] ?? ''}
            shown={one[part]}
            canEdit={may('subscribers.write')}
            onSave={(value) => change.mutateAsync({ [part]: value.trim() === '' && part !== 'name' ? null : value.trim() })}
          />
        ))}
      </dl>
    </Card>
  );
}
