/**
 * The page at `/`: what runs here and where to go. Plain HTML, no script; the styles are allowed by their hash, so
 * the content security policy can be strict.
 */
import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; --ink: #16202c; --dim: #5b6b7d; --line: #dde4ec; --paper: #fff; --back: #f4f7fa; --accent: #0b6e6e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eef5; --dim: #94a5b8; --line: #26323f; --paper: #141c25; --back: #0d131a; --accent: #4cc3c3; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: clamp(1.5rem, 6vw, 4.5rem) 1.25rem; }
h1 { font-size: clamp(1.9rem, 5vw, 2.6rem); line-height: 1.1; margin: 0 0 .6rem; letter-spacing: -.02em; }
h1 span { color: var(--accent); }
p { margin: 0 0 1rem; }
.lead { color: var(--dim); font-size: 1.1rem; margin-bottom: 2.2rem; }
dl { margin: 0 0 2rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
dl > div { display: grid; grid-template-columns: 11rem 1fr; gap: .25rem 1rem; padding: .85rem 1.1rem; border-top: 1px solid var(--line); }
dl > div:first-child { border-top: 0; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: .15em; }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
footer { color: var(--dim); font-size: .875rem; }
@media (max-width: 34rem) { dl > div { grid-template-columns: 1fr; } }
`;

/** `default-src 'none'`: nothing is loaded, framed or sent from this page. */
export const HOME_PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Text as HTML text or as the value of a quoted attribute. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function row(term: string, definition: string): string {
  return `<div><dt>${term}</dt><dd>${definition}</dd></div>`;
}

/** The page, for a server that clients reach at `publicUrl`. */
export function homePage(options: { publicUrl: string; version: string; demo: boolean }): string {
  const url = escapeHtml(options.publicUrl);
  const at = (path: string) => `<code>${url}${path}</code>`;
  const link = (path: string) => `<a href="${path}"><code>${url}${path}</code></a>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Floorwalker</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Floor<span>walker</span></h1>
<p class="lead">A live-chat floor runs here${options.demo ? ', with the demo organization' : ''}. Every agent login leaves one
LiveAgentSession record, served through the data APIs Salesforce clients already speak.</p>
<dl>
${row('Data API (REST)', link('/services/data'))}
${row('Sign in (OAuth 2)', at('/services/oauth2/token'))}
${row('Sign in (SOAP)', at('/services/Soap/u/60.0'))}
${row('Visitors (Chat REST)', at('/chat/rest/'))}
${row('Agents (WebSocket)', at('/live').replace('<code>http', '<code>ws'))}
${row('Health', `${link('/healthz')} &middot; <a href="/readyz"><code>/readyz</code></a>`)}
</dl>
<p>User names and passwords were printed where the server was started. <code>floorwalker user add</code> makes more users;
README.md says how clients connect.</p>
<footer>Floorwalker ${escapeHtml(options.version)}, Apache-2.0. Not affiliated with or endorsed by Salesforce, Inc.;
names are used to say what it is compatible with.</footer>
</main>
</body>
</html>
`;
}
