// Keys as they are written on the keyboard in front of the person.
import { Kbd } from '@mantine/core';
import css from './keys.module.css';

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

export function Keys({ keys }: { keys: readonly string[] }) {
  return (
    <kbd className={css.keys}>
      {keys.map((key) => (
        <Kbd key={key} size="xs">
          {key === 'mod' ? (isApple ? '⌘' : 'Ctrl') : key}
        </Kbd>
      ))}
    </kbd>
  );
}
