// A value that is changed where it stands: a click or Enter opens it, Enter saves, Escape leaves it as it was.
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Field } from '../api/replies.ts';
import { FieldValueInput } from '../forms/field-value.tsx';
import { Icon } from '../ui/icon.tsx';
import { sentenceOf } from '../ui/problem.tsx';
import css from './person.module.css';

type EditedValueProps = {
  label: string;
  type: Field['type'];
  /** As it is kept; what is shown may read better. */
  value: string;
  shown: ReactNode;
  canEdit: boolean;
  /** Rejects with what is wrong with it. */
  onSave: (value: string) => Promise<unknown>;
};

export function EditedValue({ label, type, value, shown, canEdit, onSave }: EditedValueProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const button = useRef<HTMLButtonElement>(null);
  const text = value === '' ? <span className="dim">{t('person.empty')}</span> : <span className="ellipsis">{shown}</span>;
  const close = () => {
    setDraft(null);
    setError(null);
    // The field is gone: whoever came by keyboard goes on from here.
    requestAnimationFrame(() => button.current?.focus());
  };
  const save = () => {
    if (draft === null) return;
    if (draft === value) close();
    else onSave(draft).then(close, setError);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') close();
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing && (event.ctrlKey || event.metaKey || !(event.target instanceof HTMLTextAreaElement)))
      save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={css.fact}>
      <dt>{label}</dt>
      <dd>
        {!canEdit ? (
          text
        ) : draft === null ? (
          <button ref={button} type="button" className={css.value} onClick={() => setDraft(value)}>
            <span className="unseen">{t('person.change', { label })}</span>
            {text}
            <Icon name="pencil" size={13} />
          </button>
        ) : (
          // biome-ignore lint/a11y/noStaticElementInteractions: keys of the field within, which takes the focus
          <div
            onKeyDown={onKeyDown}
            onBlur={(event) => {
              if (!event.currentTarget.contains(event.relatedTarget)) save();
            }}
            ref={(box) => box?.querySelector<HTMLElement>('input,textarea')?.focus()}
          >
            <FieldValueInput type={type} aria-label={label} value={draft} onChange={setDraft} error={error ? sentenceOf(error, t) : undefined} />
          </div>
        )}
      </dd>
    </div>
  );
}
