// The installation's own sign: its logo, or its name beside a speech bubble in its colour.
import { boot } from '../boot.ts';
import { Icon } from './icon.tsx';
import css from './mark.module.css';

export function Mark() {
  const { name, logo } = boot.brand;
  return (
    <span className={css.mark}>
      {logo ? <img src={logo} alt="" /> : <i>{<Icon name="chat" size={15} />}</i>}
      <span className="ellipsis">{name}</span>
    </span>
  );
}
