// Nothing here yet: what this is for, and the next step.
import { Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';
import css from './page.module.css';

type EmptyProps = {
  icon: IconName;
  title: string;
  text: ReactNode;
  isWrong?: boolean /** It is all there is on the page. */;
  isPage?: boolean;
  children?: ReactNode;
};

export function Empty({ icon, title, text, isWrong, isPage, children }: EmptyProps) {
  return (
    <div className={css.empty}>
      <div className={isWrong ? `${css.emptyIcon} ${css.emptyWrong}` : css.emptyIcon}>
        <Icon name={icon} size={22} />
      </div>
      <Title order={isPage ? 1 : 2}>{title}</Title>
      <p>{text}</p>
      {children}
    </div>
  );
}
