// The small markup of messages (bold, italic, code, links) as nodes: what somebody wrote is never read as HTML.
import { Fragment, type ReactNode } from 'react';

const pattern =
  /\\([\\`*_~[\]])|\*\*(?=\S)(.+?)(?<=\S)\*\*|(?<![\w*])[*_](?=\S)([^*_\n]+?)(?<=\S)[*_](?![\w*])|`([^`\n]+)`|\[([^\]\n]*)\]\((https?:[^)\s]*|mailto:[^)\s]*)\)|(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]])/g;
const maxDepth = 4;

export function Markup({ text }: { text: string }) {
  return <>{nodesOf(text, 0)}</>;
}

function nodesOf(text: string, depth: number): ReactNode[] {
  const nodes: ReactNode[] = [];
  let from = 0;
  for (const found of text.matchAll(pattern)) {
    if (found.index > from) nodes.push(text.slice(from, found.index));
    nodes.push(<Fragment key={found.index}>{nodeOf(found, depth)}</Fragment>);
    from = found.index + found[0].length;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

function nodeOf([whole, escaped, bold, italic, code, label, target, bare]: RegExpMatchArray, depth: number): ReactNode {
  const inner = (one: string) => (depth < maxDepth ? nodesOf(one, depth + 1) : one);
  if (escaped !== undefined) return escaped;
  if (bold !== undefined) return <strong>{inner(bold)}</strong>;
  if (italic !== undefined) return <em>{inner(italic)}</em>;
  if (code !== undefined) return <code>{code}</code>;
  const href = target ?? bare;
  if (href === undefined) return whole;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener nofollow">
      {label || href}
    </a>
  );
}
