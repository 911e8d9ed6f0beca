// What the host and the inside of a thread say to each other about one run, and the limits both keep.

/** `input` is JSON: an object whose members the code finds as globals. */
export type Run = { code: string; input: string; cpuMs: number; wallMs: number };

/** `text` is the result as JSON. */
export type Ran = { kind: 'ok'; text: string } | { kind: 'error' | 'timeout' | 'memory'; error: string };

export type ThreadData = { module: object };

type Wasm = { compile(bytes: Uint8Array): Promise<object>; Memory: new (pages: { initial: number; maximum: number }) => object };

/** Node has it, the types of Node do not. */
export const wasm = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;

export const maxMemoryBytes = 32 * 1024 * 1024;
export const maxInputUnits = 1024 * 1024;
export const maxOutputUnits = 64 * 1024;
