// The English words of what few conversations need. The other languages bring theirs along with the rest.
import type { Ui } from '../view/ui.ts';
import type { Words } from '../words.ts';

const english = {
  another: 'New conversation',
  end: 'End the conversation',
  save: 'Save the conversation',
  mute: 'Turn the sound off',
  sound: 'Turn the sound on',
  before: 'Before we start',
  name: 'Name',
  email: 'E-mail',
  phone: 'Phone',
  optional: '{0} (optional)',
  yes: 'Yes',
  no: 'No',
  invalid: 'Please check this answer',
  place: 'Share my location',
  lost: 'Your location cannot be read. Write the place instead.',
  large: '{0} is too large (at most {1})',
  kind: 'A file like {0} cannot be sent',
  many: 'At most {0} files at once',
  of: '{0} of {1}',
  here: 'Drop files here',
  long: 'At most {0} characters',
  recent: 'Recent conversations',
  sending: 'Sending…',
  failed: 'Not sent',
  retry: 'Try again',
  drop: 'Delete',
  dismiss: 'Dismiss',
  choose: 'Please choose',
  skip: 'Skip',
  typing: '{0} is typing…',
  waiting: '{0} new messages',
  jump: 'To the newest messages',
  attach: 'Attach a file',
};

export type RestWords = typeof english;

export function wordsOf({ language }: Pick<Ui, 'language'>): Words & RestWords {
  return { ...english, ...language.words };
}
