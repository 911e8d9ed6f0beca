// A moment as people say it, and exactly on hover or for who reads with a machine.
import { useFormat } from '../format.ts';

export function When({ at }: { at: number }) {
  const format = useFormat();
  return (
    <time dateTime={new Date(at).toISOString()} title={format.moment(at)}>
      {format.ago(at)}
    </time>
  );
}
