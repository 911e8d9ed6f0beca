// A short sound for somebody who does not look.
import { attemptNow } from '../api.ts';

let audio: AudioContext | null = null;

/** Two notes, made here: no file to fetch. A browser that allows no sound yet stays silent. */
export function ring(): void {
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
}
