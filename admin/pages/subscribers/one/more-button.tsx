// The next page of a list that is no table.
import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export function MoreButton({ list }: { list: { more: (() => void) | null; isLoadingMore: boolean } }) {
  const { t } = useTranslation();
  if (!list.more) return null;
  return (
    <Button variant="default" size="compact-md" mt="sm" onClick={list.more} loading={list.isLoadingMore}>
      {t('list.more')}
    </Button>
  );
}
