// A style sheet as text, as the build hands it over.
declare module '*.css?inline' {
  const css: string;

  export { css as default };
}
