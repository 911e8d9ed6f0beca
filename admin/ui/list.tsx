// A list of things in a card: its rows, their shapes while they load, and what stands there when there are none.
import { Button, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import css from './page.module.css';
import { Problem } from './problem.tsx';

type ListProps<T> = {
  list: { rows: T[] | null; error: unknown; retry: () => void; more: (() => void) | null; isLoadingMore: boolean; isStale: boolean };
  label: string;
  /** An empty heading is that of the row's buttons. */
  columns: string[];
  row: (thing: T) => ReactNode;
  empty: ReactNode;
};

export function ListTable<T>({ list, label, columns, row, empty }: ListProps<T>) {
  const { t } = useTranslation();
  if (list.error) return <Problem error={list.error} retry={list.retry} />;
  if (list.rows?.length === 0) return empty;
  return (
    <>
      <table className={list.isStale ? 'table stale' : 'table'} aria-label={label} aria-busy={list.rows === null}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" className={column === '' ? 'actions' : undefined}>
                {column === '' ? <span className="unseen">{t('list.actions')}</span> : column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{list.rows ? list.rows.map(row) : <Ghosts columns={columns.length} />}</tbody>
      </table>
      {list.more && (
        <div className={css.cardFoot}>
          <Button variant="default" size="compact-md" onClick={list.more} loading={list.isLoadingMore}>
            {t('list.more')}
          </Button>
        </div>
      )}
    </>
  );
}

const ghostWidths = ['72%', '54%', '63%'] as const;

function Ghosts({ columns }: { columns: number }) {
  return ghostWidths.map((width) => (
    <tr key={width}>
      {Array.from({ length: columns }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: shapes have no identity
        <td key={at}>
          <Skeleton height={12} width={at === 0 ? width : '60%'} my={4} />
        </td>
      ))}
    </tr>
  ));
}

/** A form while its values load. */
export function FormGhost({ fields = 3 }: { fields?: number }) {
  return (
    <div aria-hidden="true">
      {Array.from({ length: fields }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: shapes have no identity
        <div key={at}>
          <Skeleton height={10} width={90} mb={8} />
          <Skeleton height={36} mb={20} radius="md" />
        </div>
      ))}
    </div>
  );
}
