// THE LIST of doors. A new one is a folder in doors/ and a line here.
import { hooksDoor } from './doors/hooks/door.ts';
import { nativeDoor } from './doors/native/door.ts';
import { platformDoor } from './doors/platform/door.ts';
import { widgetDoor } from './doors/widget/door.ts';
import type { Door } from './http/route.ts';

export const doors: Door[] = [platformDoor, nativeDoor, widgetDoor, hooksDoor];
