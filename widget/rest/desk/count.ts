// How the page's title says that somebody answered while nobody looked.

export function makeCount(): (unread: number) => void {
  /** What we wrote, and what stood there before. */
  let title: { own: string; plain: string } | null = null;
  return (unread) => {
    // Whoever changed the title in between keeps what they wrote.
    const plain = title !== null && document.title === title.own ? title.plain : document.title;
    title = unread > 0 && document.hidden ? { own: `(${unread}) ${plain}`.trim(), plain } : null;
    const wanted = title?.own ?? plain;
    if (document.title !== wanted) document.title = wanted;
  };
}
