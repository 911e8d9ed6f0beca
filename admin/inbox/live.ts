// What happens while the inbox is open: conversations that moved, and people who type or look on. One connection; when it
// breaks it is made again, and everything is read anew, for what was told meanwhile is not told again.
import { useEffect, useRef, useState } from 'react';
import type { PresentSign, Sign } from '../api/replies.ts';
import { openEvents, type Place } from '../api.ts';

export type Doing = 'typing' | 'viewing';
/** Somebody's sign, and until when it is believed. */
export type Seen = Sign & { doing: Doing; until: number };

/** Somebody who is on the website, on which page as far as it was told, and until when that is believed. */
export type Present = { page: { url: string; title: string } | null; until: number };

type Frame = { event?: string; data?: unknown };
/** Null: anything may have moved. */
type OnMoved = (conversation: number | null) => void;

const believedMs: Record<Doing, number> = { typing: 8_000, viewing: 30_000 };
const presentMs = 30_000;
const sayAgainMs: Record<Doing, number> = { typing: 3_000, viewing: 20_000 };
const firstPauseMs = 500;
const longestPauseMs = 15_000;
const maxSeen = 200;

export type Live = {
  /** No connection for longer than a blink. */
  isLost: boolean;
  seen: Seen[];
  /** By conversation. */
  present: ReadonlyMap<number, Present>;
  /** Shown to others; said again only after a while. */
  show(doing: Doing, conversation: number, isOn: boolean): void;
};

export function useLive(at: Place, onMoved: OnMoved): Live {
  const [isLost, setLost] = useState(false);
  const [seen, setSeen] = useState<Seen[]>([]);
  const [present, setPresent] = useState<ReadonlyMap<number, Present>>(new Map());
  const socket = useRef<WebSocket | null>(null);
  const said = useRef(new Map<string, number>());
  const latest = useRef(onMoved);
  latest.current = onMoved;
  const { workspace, bot } = at;

  useEffect(() => {
    const stop = keepOpen(
      { workspace, bot },
      (ws) => {
        socket.current = ws;
        said.current.clear();
        setLost(ws === null);
        if (ws) latest.current(null);
      },
      (frame) => {
        if (frame.event === 'conversation.changed') latest.current((frame.data as { conversation: number }).conversation);
        else if (frame.event === 'stream.missed' || frame.event === 'stream.resync') latest.current(null);
        else if (frame.event === 'conversation.present') setPresent((before) => withPresent(before, frame.data as PresentSign));
        else if (frame.event === 'conversation.typing' || frame.event === 'conversation.viewing') {
          const doing = frame.event === 'conversation.typing' ? 'typing' : 'viewing';
          setSeen((before) => withSign(before, { ...(frame.data as Sign), doing, until: Date.now() + believedMs[doing] }));
        }
      },
    );
    return () => {
      stop();
      socket.current = null;
      setSeen([]);
      setPresent(new Map());
    };
  }, [workspace, bot]);

  // What nobody says again is over.
  const isAnyone = seen.length + present.size > 0;
  useEffect(() => {
    if (!isAnyone) return;
    const timer = setInterval(() => {
      setSeen((before) => (before.some(isOver) ? before.filter((one) => !isOver(one)) : before));
      setPresent((before) => ([...before.values()].some(isOver) ? new Map([...before].filter(([, one]) => !isOver(one))) : before));
    }, 1000);
    return () => clearInterval(timer);
  }, [isAnyone]);

  const show = (doing: Doing, conversation: number, isOn: boolean): void => {
    const key = `${doing} ${conversation}`;
    const last = said.current.get(key);
    const isDue = isOn ? last === undefined || Date.now() - last >= sayAgainMs[doing] : last !== undefined;
    if (!isDue || socket.current?.readyState !== WebSocket.OPEN) return;
    if (isOn) said.current.set(key, Date.now());
    else said.current.delete(key);
    socket.current.send(JSON.stringify({ id: null, method: doing, params: { conversation, on: isOn } }));
  };
  return { isLost, seen, present, show };
}

function isOver({ until }: { until: number }): boolean {
  return until <= Date.now();
}

function withPresent(before: ReadonlyMap<number, Present>, { conversation, page }: PresentSign): ReadonlyMap<number, Present> {
  const others = [...before].filter(([id]) => id !== conversation).slice(-maxSeen);
  return new Map([...others, [conversation, { page: page ?? before.get(conversation)?.page ?? null, until: Date.now() + presentMs }]]);
}

function withSign(before: Seen[], sign: Seen): Seen[] {
  const isSame = (one: Seen) =>
    one.conversation === sign.conversation && one.doing === sign.doing && one.who.kind === sign.who.kind && one.who.id === sign.who.id;
  const others = before.filter((one) => !isSame(one) && !isOver(one)).slice(-maxSeen);
  return sign.on ? [...others, sign] : others;
}

/** `onState` is told the connection, and null when there has been none for a while. Returns how to stop. */
function keepOpen(at: Place, onState: (ws: WebSocket | null) => void, onFrame: (frame: Frame) => void): () => void {
  let isStopped = false;
  let current: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  // Between asking for a ticket and having a socket: a second one would tell everything twice, and never be closed.
  let isDialling = false;
  const again = (): void => {
    if (isStopped) return;
    failures += 1;
    if (failures > 1) onState(null);
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** failures);
    timer = setTimeout(dial, pauseMs * (0.5 + Math.random() / 2));
  };
  const dial = (): void => {
    if (isDialling || isStopped) return;
    isDialling = true;
    const dialled = (): void => {
      isDialling = false;
    };
    openEvents(at).finally(dialled).then(listen, again);
  };
  const listen = (ws: WebSocket): void => {
    if (isStopped) {
      ws.close();
      return;
    }
    current = ws;
    ws.onopen = () => ws.send(JSON.stringify({ id: 'subscribe', method: 'subscribe', params: {} }));
    ws.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as Frame & { id?: unknown };
      if (frame.id === 'subscribe') {
        failures = 0;
        onState(ws);
      } else onFrame(frame);
    };
    ws.onclose = again;
  };
  // Back from sleep or a dead network: at once.
  const hurry = (): void => {
    if (current?.readyState === WebSocket.OPEN || current?.readyState === WebSocket.CONNECTING) return;
    clearTimeout(timer);
    dial();
  };
  addEventListener('online', hurry);
  dial();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    removeEventListener('online', hurry);
    if (current) current.onclose = null;
    current?.close();
  };
}
