// How the first words look to a visitor: a picture of the widget, drawn from what is being typed.
import { useTranslation } from 'react-i18next';
import { boot } from '../../boot.ts';
import { Icon } from '../../ui/icon.tsx';
import css from './site-form.module.css';

export function WidgetPreview({ greeting, author, autoReply }: { greeting: string; author: string; autoReply: string }) {
  const { t } = useTranslation();
  return (
    <section className={css.preview} aria-label={t('sites.preview')}>
      <p className={css.caption}>{t('sites.preview')}</p>
      <div className={css.widget}>
        <div className={css.top}>
          <Icon name="chat" size={18} />
          <span className="ellipsis">{author.trim() || boot.brand.name}</span>
        </div>
        <div className={css.talk}>
          {greeting.trim() !== '' && <div className={css.them}>{greeting}</div>}
          {autoReply.trim() !== '' && (
            <>
              <div className={css.me}>{t('sites.previewVisitor')}</div>
              <div className={css.them}>{autoReply}</div>
            </>
          )}
        </div>
        <div className={css.write}>
          {t('sites.previewWrite')}
          <Icon name="send" size={15} />
        </div>
      </div>
    </section>
  );
}
