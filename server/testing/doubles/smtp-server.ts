// A mail server that takes mail, or does what mail servers also do. What it took it keeps, as it came.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { certificate, certificateKey } from './certificate.ts';

export type SmtpManner =
  | 'accept'
  /** For good, or for now, at the recipient. */
  | 'refuse'
  | 'defer'
  /** Says nothing: never, or once it has the whole mail. */
  | 'stall'
  | 'stall-after-data'
  /** Hangs up in the middle of the mail. */
  | 'drop-in-data'
  /** Hangs up instead of saying that it has the mail. */
  | 'drop-after-data';

export type TakenMail = { from: string; to: string[]; content: string; auth: string | null; isSecure: boolean };

export type SmtpServer = { port: number; manner: SmtpManner; taken: TakenMail[]; commands: string[]; close(): Promise<void> };

export async function smtpServer({ manner = 'accept', offersTls = false }: { manner?: SmtpManner; offersTls?: boolean } = {}): Promise<SmtpServer> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).once('close', () => open.delete(socket));
    if (state.manner !== 'stall') talk(state, socket, { offersTls, isSecure: false });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const state: SmtpServer = {
    port: (server.address() as AddressInfo).port,
    manner,
    taken: [],
    commands: [],
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
  return state;
}

function talk(state: SmtpServer, socket: Socket, line: { offersTls: boolean; isSecure: boolean }): void {
  const say = (text: string): void => void socket.write(`${text}\r\n`);
  let buffered = '';
  let isData = false;
  let mail: TakenMail = { from: '', to: [], content: '', auth: null, isSecure: line.isSecure };
  const answers: { [verb: string]: (rest: string) => void } = {
    EHLO: () => say(['250-mail.example', ...(line.offersTls && !line.isSecure ? ['250-STARTTLS'] : []), '250-AUTH PLAIN', '250 8BITMIME'].join('\r\n')),
    AUTH: (rest) => {
      mail.auth = Buffer.from(rest.split(' ')[1] ?? '', 'base64').toString();
      say(mail.auth.endsWith('wrong') ? '535 No' : '235 Yes');
    },
    MAIL: (rest) => {
      mail.from = rest;
      say('250 OK');
    },
    RCPT: (rest) => {
      mail.to.push(rest);
      say(state.manner === 'refuse' ? '550 Nobody of that name' : state.manner === 'defer' ? '451 Later' : '250 OK');
    },
    DATA: () => {
      isData = true;
      say('354 Go on');
      if (state.manner === 'drop-in-data') setTimeout(() => socket.destroy(), 20);
    },
    QUIT: () => socket.end('221 Bye\r\n'),
    STARTTLS: () => {
      if (!line.offersTls) return say('502 What?');
      socket.removeAllListeners('data');
      say('220 Go on');
      const secured = new TLSSocket(socket, { isServer: true, cert: certificate, key: certificateKey });
      secured.on('error', () => {});
      talk(state, secured, { ...line, isSecure: true });
    },
  };
  const hear = (text: string): void => {
    state.commands.push(text);
    const [verb = '', ...rest] = text.split(' ');
    const answer = answers[verb.toUpperCase()];
    if (answer) answer(rest.join(' '));
    else say('502 What?');
  };
  socket.on('data', (bytes: Buffer) => {
    buffered += bytes.toString('latin1');
    for (;;) {
      const end = buffered.indexOf(isData ? '\r\n.\r\n' : '\r\n');
      if (end === -1) return;
      const said = buffered.slice(0, end);
      buffered = buffered.slice(end + (isData ? 5 : 2));
      if (!isData) {
        hear(said);
        continue;
      }
      isData = false;
      state.taken.push({ ...mail, content: Buffer.from(said, 'latin1').toString('utf8') });
      mail = { ...mail, to: [], content: '' };
      if (state.manner === 'drop-after-data') socket.destroy();
      else if (state.manner !== 'stall-after-data') say('250 Taken');
    }
  });
  if (!line.isSecure) say('220 mail.example');
}
