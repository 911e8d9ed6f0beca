// How the page says that somebody answered while nobody looked: a number in the title, and a short sound.
import { attemptNow } from '../../api.ts';
import type { Desk } from '../../parts.ts';

export type Attention = Pick<Desk, 'ring'> & { count(unread: number): void };

export function makeAttention(): Attention {
  /** What we wrote, and what stood there before. */
  let title: { own: string; plain: string } | null = null;
  let audio: AudioContext | null = null;
  return {
    count(unread) {
      // Whoever changed the title in between keeps what they wrote.
      const plain = title !== null && document.title === title.own ? title.plain : document.title;
      title = unread > 0 && document.hidden ? { own: `(${unread}) ${plain}`.trim(), plain } : null;
      const wanted = title?.own ?? plain;
      if (document.title !== wanted) document.title = wanted;
    },
    // Two notes, made here: no file to fetch. A browser that allows no sound yet stays silent.
    ring() {
      if (!navigator.userActivation?.hasBeenActive) return;
      attemptNow(() => {
        audio ??= new AudioContext();
        const at = audio.currentTime;
        for (const [pitch, delay] of [
          [660, 0],
          [880, 0.12],
        ] as const) {
          const [tone, volume] = [audio.createOscillator(), audio.createGain()];
          tone.frequency.value = pitch;
          volume.gain.setValueAtTime(0.0001, at + delay);
          volume.gain.exponentialRampToValueAtTime(0.08, at + delay + 0.02);
          volume.gain.exponentialRampToValueAtTime(0.0001, at + delay + 0.3);
          tone.connect(volume).connect(audio.destination);
          tone.start(at + delay);
          tone.stop(at + delay + 0.32);
        }
      }, undefined);
    },
  };
}
