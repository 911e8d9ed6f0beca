// The shape of a page while its code or its data is on the way.
import { Skeleton } from '@mantine/core';
import css from './page.module.css';

export function PageGhost() {
  return (
    <div className={css.page} aria-busy="true">
      <Skeleton height={22} width={190} mb={10} />
      <Skeleton height={12} width="min(340px, 70%)" mb={32} />
      <Skeleton height={220} radius="lg" mb={20} />
      <Skeleton height={140} radius="lg" />
    </div>
  );
}
