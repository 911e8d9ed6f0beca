// Short words at the edge of the page: what was done, with a way back where there is one; what failed, and why. Their
// code comes with the first of them.
import type { NotificationData } from '@mantine/notifications';
import { i18n } from '../i18n.ts';
import { Icon } from './icon.tsx';
import { sentenceOf } from './problem.tsx';
import css from './toast.module.css';

const load = () => import('@mantine/notifications');

function show(toast: NotificationData): void {
  void load().then(({ notifications }) => notifications.show({ id: crypto.randomUUID(), closeButtonProps: { 'aria-label': i18n.t('toast.close') }, ...toast }));
}

export function toastDone(text: string, undo?: () => Promise<unknown>): void {
  const id = crypto.randomUUID();
  const takeBack = () => {
    void load().then(({ notifications }) => notifications.hide(id));
    undo?.().then(() => toastDone(i18n.t('toast.undone')), toastFailed);
  };
  show({
    id,
    message: (
      <span className={css.words}>
        <span>{text}</span>
        {undo && (
          <button type="button" className={css.undo} onClick={takeBack}>
            {i18n.t('toast.undo')}
          </button>
        )}
      </span>
    ),
    icon: <Icon name="check" size={14} />,
    color: 'green',
    // Nobody should have to hurry to undo.
    autoClose: undo ? 10_000 : 4000,
  });
}

export function toastFailed(error: unknown): void {
  toastSaid(sentenceOf(error, i18n.t));
}

/** Why something was not done. */
export function toastSaid(text: string): void {
  show({ message: text, icon: <Icon name="warning" size={14} />, color: 'red', autoClose: 8000 });
}
