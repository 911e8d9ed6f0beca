// Canned replies in the composer: `/` and the beginning of a shortcut lists them, Enter puts one in, with what it says of
// the person filled in.
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, lazy, type RefObject, Suspense, useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CannedReply, Conversation } from '../../api/replies.ts';
import { usePlace } from '../../place.ts';
import { Icon } from '../../ui/icon.tsx';
import { toastFailed } from '../../ui/toast.tsx';
import panes from '../inbox.module.css';
import { cannedQuery, subscriberQuery } from '../reading.ts';
import css from './thread.module.css';

const CannedList = lazy(() => import('./canned-list.tsx').then(({ CannedList }) => ({ default: CannedList })));

const loadRenderer = () => import('./render-canned.ts');

const maxShown = 8;

export type Canned = ReturnType<typeof useCanned>;

/** `/` at the beginning or after a space, up to the cursor. */
function slashAt(text: string, cursor: number): { from: number; wanted: string } | null {
  const found = /(^|\s)\/([\p{L}\p{N}_-]*)$/u.exec(text.slice(0, cursor));
  return found ? { from: found.index + (found[1]?.length ?? 0), wanted: found[2] ?? '' } : null;
}

/** Once what was written stands there. */
function goTo(field: RefObject<HTMLTextAreaElement | null>, place: number): void {
  requestAnimationFrame(() => {
    field.current?.focus();
    field.current?.setSelectionRange(place, place);
  });
}

export function useCanned(one: Conversation, text: string, field: RefObject<HTMLTextAreaElement | null>, write: (text: string) => void) {
  const { place, botPlace, me } = usePlace();
  const id = useId();
  const [isManaging, setManaging] = useState(false);
  const [at, setAt] = useState(0);
  const [closedFor, setClosedFor] = useState<string | null>(null);
  const replies = useQuery(cannedQuery(place)).data ?? [];
  const { data: subscriber } = useQuery(subscriberQuery(one.subscriber.id, botPlace));
  const cursor = field.current?.selectionStart ?? text.length;
  const slash = slashAt(text, Math.max(cursor, text.endsWith('/') ? text.length : 0));
  const isOpen = slash !== null && closedFor !== text;
  const wanted = slash?.wanted.toLowerCase() ?? '';
  const found = isOpen ? replies.filter((reply) => reply.shortcut.toLowerCase().includes(wanted)).slice(0, maxShown) : [];
  const chosen = found[Math.min(at, found.length - 1)];
  // The language of templates is there by the time one is chosen.
  useEffect(() => {
    if (isOpen) void loadRenderer();
  }, [isOpen]);

  const put = async (reply: CannedReply): Promise<void> => {
    const { renderCanned } = await loadRenderer();
    const said = renderCanned(reply.text, { subscriber: subscriber ?? null, agent: { name: me.name }, conversation: { id: one.id } });
    const from = slash?.from ?? text.length;
    write(`${text.slice(0, from)}${said}${text.slice(from + 1 + (slash?.wanted.length ?? 0))}`);
    setAt(0);
    goTo(field, from + said.length);
  };
  /** True when the key was for the list. */
  const press = (event: KeyboardEvent): boolean => {
    if (!isOpen || event.nativeEvent.isComposing) return false;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined && found.length > 0) setAt((before) => (Math.min(before, found.length - 1) + by + found.length) % found.length);
    else if ((event.key === 'Enter' || event.key === 'Tab') && chosen && !event.ctrlKey && !event.metaKey) put(chosen).then(null, toastFailed);
    else if (event.key === 'Escape') setClosedFor(text);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const open = (): void => {
    const next = text === '' || /\s$/.test(text) ? `${text}/` : `${text} /`;
    setClosedFor(null);
    write(next);
    goTo(field, next.length);
  };
  return {
    id,
    isOpen,
    found,
    chosen,
    hasAny: replies.length > 0,
    isManaging,
    setManaging,
    press,
    open,
    put: (reply: CannedReply) => void put(reply).then(null, toastFailed),
    field: {
      'aria-controls': isOpen ? id : undefined,
      'aria-activedescendant': chosen ? `${id}-${chosen.id}` : undefined,
      'aria-autocomplete': 'list',
    } as const,
  };
}

export function CannedPicker({ canned }: { canned: Canned }) {
  const { t } = useTranslation();
  if (!canned.isOpen) return null;
  return (
    <div className={css.picker}>
      <div className={css.pickerHead}>
        <strong>{t('inbox.canned.title')}</strong>
        <button type="button" className={panes.tool} onMouseDown={(event) => event.preventDefault()} onClick={() => canned.setManaging(true)}>
          <Icon name="pencil" size={13} />
          {t('inbox.canned.manage')}
        </button>
      </div>
      <div id={canned.id} role="listbox" aria-label={t('inbox.canned.title')}>
        {canned.found.map((reply) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field, which keeps the focus
          <div
            key={reply.id}
            id={`${canned.id}-${reply.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={reply.id === canned.chosen?.id}
            className={css.option}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => canned.put(reply)}
          >
            <span className={css.shortcut}>/{reply.shortcut}</span>
            <span className="ellipsis">{reply.text}</span>
          </div>
        ))}
      </div>
      {canned.found.length === 0 && <p className={css.pickerEmpty}>{canned.hasAny ? t('inbox.canned.none') : t('inbox.canned.empty')}</p>}
    </div>
  );
}

/** Not inside the composer's form: what is submitted in it would be submitted there, too. */
export function ManagedCanned({ canned }: { canned: Canned }) {
  return <Suspense>{canned.isManaging && <CannedList onClose={() => canned.setManaging(false)} />}</Suspense>;
}
