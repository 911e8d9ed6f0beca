// Their tags and labels.
import { useTranslation } from 'react-i18next';
import type { Subscriber } from '../../../api/replies.ts';
import { MarkSet } from '../../../person/mark-set.tsx';
import { Card } from '../../../ui/page.tsx';

export function Marks({ one }: { one: Subscriber }) {
  const { t } = useTranslation();
  return (
    <Card title={t('subscribers.marks')}>
      <MarkSet kind="tags" one={one} />
      <MarkSet kind="labels" one={one} />
    </Card>
  );
}
