// The brand on a small console and a small widget, in light and dark: the same colours the real ones will take.
import { useTranslation } from 'react-i18next';
import { makePalette, type Tones } from '../../theme/palette.ts';
import { Icon } from '../../ui/icon.tsx';
import css from './brand-preview.module.css';

type BrandPreviewProps = { name: string; color: string; logo: string };

export function BrandPreview({ name, color, logo }: BrandPreviewProps) {
  const { t } = useTranslation();
  const palette = makePalette(/^#[0-9a-f]{6}$/i.test(color) ? color : '#2f6fed');
  return (
    <section className={css.previews} aria-label={t('brand.preview')}>
      {(['light', 'dark'] as const).map((scheme) => (
        <Sample key={scheme} scheme={scheme} tones={palette[scheme]} name={name} logo={logo} />
      ))}
    </section>
  );
}

function Sample({ scheme, tones, name, logo }: { scheme: 'light' | 'dark'; tones: Tones; name: string; logo: string }) {
  const { t } = useTranslation();
  const style = { '--fill': tones.fill, '--on-fill': tones.onFill, '--tone': tones.text, '--tint': tones.tint };
  return (
    <div className={css.sample} data-scheme={scheme} style={style as React.CSSProperties} aria-hidden="true">
      <div className={css.rail}>
        <span className={css.brand}>
          {/^https?:/.test(logo) ? <img src={logo} alt="" /> : <i>{<Icon name="chat" size={12} />}</i>}
          <b className="ellipsis">{name}</b>
        </span>
        <span className={css.line} data-current>
          <Icon name="home" size={13} />
          {t('nav.home')}
        </span>
        <span className={css.line}>
          <Icon name="globe" size={13} />
          {t('nav.sites')}
        </span>
      </div>
      <div className={css.panel}>
        <span className={css.button}>{t('home.createKey')}</span>
        <span className={css.badge}>{t('bots.current')}</span>
        <span className={css.launcher}>
          <Icon name="chat" size={18} />
        </span>
      </div>
    </div>
  );
}
