// Ctrl/Cmd-K: type a few letters of where to go or what to do. A combobox whose list is always open.
import '../theme/overlays.ts';
import { Modal } from '@mantine/core';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../ui/icon.tsx';
import { Keys } from '../ui/keys.tsx';
import type { Over } from './frame.tsx';
import { type Entry, useEntries } from './palette/entries.ts';
import { findEntries } from './palette/find.ts';
import css from './palette.module.css';

const groups = ['go', 'do', 'sites', 'places'] as const;

export function Palette({ onClose, onOpen }: { onClose: () => void; onOpen: (over: Over) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  const current = useRef<HTMLDivElement>(null);
  const entries = useEntries(onOpen);
  const matching = findEntries(entries, text);
  const found = groups.flatMap((group) => matching.filter((entry) => entry.group === group));
  const chosen = found[Math.min(at, found.length - 1)];

  useEffect(() => {
    if (chosen) current.current?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);

  const run = (entry: Entry) => {
    onClose();
    entry.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((at + step + found.length) % Math.max(1, found.length));
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing && chosen) run(chosen);
    else return;
    event.preventDefault();
  };

  return (
    <Modal opened onClose={onClose} withCloseButton={false} padding={0} size="34rem" centered={false} yOffset="12vh" aria-label={t('palette.open')}>
      <div className={css.head}>
        <Icon name="search" size={18} />
        <input
          className={css.input}
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen ? `${id}-${chosen.id}` : undefined}
          aria-label={t('palette.open')}
          placeholder={t('palette.placeholder')}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
          data-autofocus
          autoComplete="off"
          spellCheck={false}
        />
      </div>
      <div className={css.list} role="listbox" id={`${id}-list`} aria-label={t('palette.results')}>
        {groups.map((group) => {
          const rows = found.filter((entry) => entry.group === group);
          if (rows.length === 0) return null;
          return (
            // biome-ignore lint/a11y/useSemanticElements: options of a listbox are grouped by role
            <div key={group} role="group" aria-label={t(`palette.${group}`)}>
              <div className={css.group} aria-hidden="true">
                {t(`palette.${group}`)}
              </div>
              {rows.map((entry) => (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the keys go to the input, which names the active option
                <div
                  key={entry.id}
                  id={`${id}-${entry.id}`}
                  ref={entry === chosen ? current : undefined}
                  role="option"
                  tabIndex={-1}
                  aria-selected={entry === chosen}
                  className={css.entry}
                  onClick={() => run(entry)}
                  onMouseMove={() => setAt(found.indexOf(entry))}
                >
                  <Icon name={entry.icon} />
                  <span className="ellipsis">{entry.label}</span>
                  {entry.hint && <span className={css.hint}>{entry.hint}</span>}
                  {entry.keys && <Keys keys={entry.keys} />}
                </div>
              ))}
            </div>
          );
        })}
      </div>
      {found.length === 0 && (
        <p className={css.none} role="status">
          {t('palette.none', { text })}
        </p>
      )}
    </Modal>
  );
}
