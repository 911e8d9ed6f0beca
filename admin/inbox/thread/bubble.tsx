// One message, whatever was in it: text, pictures and files, cards, choices, a place.
import type { Message } from '@parley/engine/message.ts';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attachment, ConversationMessage, MessageBody } from '../../api/replies.ts';
import { useFormat } from '../../format.ts';
import { usePlace } from '../../place.ts';
import { Icon } from '../../ui/icon.tsx';
import { Face } from '../../ui/identity.tsx';
import { Markup } from '../markup.tsx';
import { useRenewal } from './renewal.ts';
import css from './thread.module.css';

export function Bubble({ message, isFollowing }: { message: ConversationMessage; isFollowing: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { me } = usePlace();
  const { author, direction, body, text, created_at: at } = message;
  const isBot = author.kind === 'bot';
  const name = isBot ? t('inbox.bot') : author.kind === 'agent' && author.id === me.id ? t('inbox.you') : author.name || t('inbox.person');
  return (
    <article className={css.message} data-seq={message.seq} data-direction={direction} data-author={author.kind} data-following={isFollowing || undefined}>
      {direction === 'in' && !isFollowing && (
        <span className={css.messageFace}>
          <Face name={author.name || '?'} size={26} />
        </span>
      )}
      <div className={css.messageWords}>
        {isFollowing ? (
          <span className="unseen">{name}</span>
        ) : (
          <p className={css.byline}>
            {direction === 'note' && <Icon name="lock" size={12} />}
            {isBot && direction !== 'note' && <Icon name="bot" size={13} />}
            <span>{direction === 'note' ? t('inbox.noteBy', { name }) : name}</span>
            <time dateTime={new Date(at).toISOString()} title={format.moment(at)}>
              {format.time(at)}
            </time>
          </p>
        )}
        <div className={css.bubble} title={format.moment(at)}>
          <Body body={body} text={text} />
          {message.attachments.map((file) => (
            <FileLink key={file.id} file={file} />
          ))}
        </div>
      </div>
    </article>
  );
}

function Body({ body, text }: { body: MessageBody; text: string }): ReactNode {
  switch (body.kind) {
    case undefined:
      return (
        <>
          {body.text !== '' && <p className={css.text}>{body.text}</p>}
          {body.location && <Place {...body.location} />}
        </>
      );
    case 'text':
      return body.text === '' && !body.buttons && !body.input ? null : <TextBody body={body} />;
    case 'media':
      return <Media body={body} />;
    case 'cards':
      return <Cards body={body} />;
    case 'location':
      return <Place lat={body.lat} lng={body.lng} name={body.name ?? body.address} />;
    default:
      return <p className={css.text}>{text}</p>;
  }
}

function TextBody({ body: { text, buttons, input } }: { body: Extract<Message, { kind: 'text' }> }) {
  const { t } = useTranslation();
  const choices = [...(buttons ?? []), ...(input && 'choices' in input ? input.choices : [])];
  return (
    <>
      <p className={css.text}>
        <Markup text={text} />
      </p>
      {choices.length > 0 && <Choices labels={choices.map((one) => one.label)} />}
      {input?.kind === 'form' && (
        <ul className={css.fields} aria-label={t('inbox.form')}>
          {input.fields.map((field) => (
            <li key={field.id}>{field.label}</li>
          ))}
        </ul>
      )}
    </>
  );
}

/** What could be pressed; here it is only to be seen. */
function Choices({ labels }: { labels: string[] }) {
  const { t } = useTranslation();
  return (
    <ul className={css.choices} aria-label={t('inbox.choices')}>
      {labels.map((label) => (
        <li key={label}>{label}</li>
      ))}
    </ul>
  );
}

function FileLink({ file }: { file: Attachment }) {
  const format = useFormat();
  const { onError, ...link } = useRenewal(file.url);
  if (file.kind === 'image' && file.view_url)
    return (
      <a href={file.view_url} target="_blank" rel="noreferrer noopener" className={css.picture} {...link}>
        <img src={file.view_url} alt={file.name} loading="lazy" onError={onError} />
      </a>
    );
  return (
    <a href={file.url} target="_blank" rel="noreferrer noopener" className={css.file} {...link}>
      <Icon name="file" size={18} />
      <span className="ellipsis">{file.name}</span>
      <small>{format.bytes(file.size)}</small>
    </a>
  );
}

function Media({ body: { media, url, alt, caption } }: { body: Extract<Message, { kind: 'media' }> }) {
  const { t } = useTranslation();
  const isPicture = (media === 'image' || media === 'sticker') && isOwn(url);
  const { onError, ...link } = useRenewal(url);
  return (
    <>
      {isPicture ? (
        <a href={url} target="_blank" rel="noreferrer noopener" className={css.picture} {...link}>
          <img src={url} alt={alt ?? ''} loading="lazy" onError={onError} />
        </a>
      ) : (
        <a href={isSafe(url) ? url : undefined} target="_blank" rel="noreferrer noopener nofollow" className={css.file}>
          <Icon name="file" size={18} />
          <span className="ellipsis">{alt || t(`inbox.media.${media}`)}</span>
        </a>
      )}
      {caption && (
        <p className={css.text}>
          <Markup text={caption} />
        </p>
      )}
    </>
  );
}

function Cards({ body: { cards } }: { body: Extract<Message, { kind: 'cards' }> }) {
  return (
    <div className={css.cards}>
      {cards.map((card) => (
        <div key={card.id} className={css.card}>
          {card.image && isOwn(card.image) && <img src={card.image} alt="" loading="lazy" />}
          <strong>{card.title}</strong>
          {card.text && (
            <p>
              <Markup text={card.text} />
            </p>
          )}
          {card.buttons.length > 0 && <Choices labels={card.buttons.map((one) => one.label)} />}
        </div>
      ))}
    </div>
  );
}

function Place({ lat, lng, name }: { lat: number; lng: number; name?: string | undefined }) {
  return (
    <p className={css.text}>
      {name && <strong>{name}</strong>}
      {name && <br />}
      <span className="mono">
        {lat}, {lng}
      </span>
    </p>
  );
}

function isSafe(url: string): boolean {
  return /^(https?:\/\/|\/f\/)/.test(url);
}

/** Pictures of others are not fetched: they would learn who looks, and the page's policy forbids it. */
function isOwn(url: string): boolean {
  return url.startsWith('/f/') || url.startsWith(`${location.origin}/`);
}
