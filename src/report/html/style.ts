/** The page's whole style sheet: system fonts, light and dark by the reader's setting, paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1b1f24; --soft: #57606a; --line: #d9dee4; --shade: #f0f2f5;
  --link: #0a58ca; --close: #b42318; --restrict: #9a6700; --unknown: #7a3ea8; --expected: #1a7f37;
  --none: #8a939d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --card: #171c23; --text: #e6e9ed; --soft: #9aa5b1; --line: #2c343e; --shade: #1e252e;
    --link: #7ab2ff; --close: #ff7b6e; --restrict: #e0b13c; --unknown: #c99bf0; --expected: #56c26a;
    --none: #6d7783;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; }
main, header, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 32px; }
h1 { font-size: 27px; line-height: 1.25; text-wrap: balance; margin: 0 0 4px; letter-spacing: -.01em; }
h2 { font-size: 19px; margin: 36px 0 12px; }
h3 { font-size: 16px; margin: 0; overflow-wrap: anywhere; }
p { margin: 0 0 8px; }
a { color: var(--link); }
code, pre, .port { font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", "Liberation Mono", Menlo, monospace; font-size: 13px; }
.soft { color: var(--soft); }
.eyebrow { color: var(--soft); font-size: 13px; font-weight: 600; letter-spacing: .06em; text-transform: uppercase; margin: 0 0 6px; }
.note { border-left: 4px solid var(--restrict); background: var(--card); padding: 10px 14px; margin: 12px 0; border-radius: 0 6px 6px 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 22px 0 14px; padding: 0; list-style: none; }
.cards li { background: var(--card); border: 1px solid var(--line); border-top: 3px solid var(--tone, var(--none)); border-radius: 8px; padding: 12px 14px; }
.cards b { display: block; font-size: 27px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.cards small { color: var(--soft); }
.bar { display: flex; height: 10px; border-radius: 5px; overflow: hidden; gap: 2px; margin: 0 0 8px; }
.bar i { background: var(--tone); min-width: 4px; }
.close { --tone: var(--close); } .restrict { --tone: var(--restrict); }
.unknown { --tone: var(--unknown); } .expected { --tone: var(--expected); }
.level { color: var(--tone, var(--soft)); font-weight: 650; white-space: nowrap; }
.level::before { content: ""; display: inline-block; width: 8px; height: 8px; border-radius: 50%; background: var(--tone, var(--none)); margin-right: 7px; }
.level.close::before { border-radius: 1px; }
.badge { display: inline-block; font-size: 12px; line-height: 1; font-weight: 650; padding: 4px 7px; border-radius: 4px; border: 1px solid transparent; white-space: nowrap; }
.critical { background: #8f1313; color: #fff; } .high { background: #c8321f; color: #fff; }
.medium { background: #f2c14b; color: #3a2800; } .low { background: #cfe2ff; color: #0b376e; }
.info { background: transparent; color: var(--soft); border-color: var(--line); }
.worst { list-style: none; margin: 0; padding: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.worst li { display: grid; grid-template-columns: 76px minmax(150px, 240px) 1fr; gap: 4px 14px; padding: 11px 14px; border-top: 1px solid var(--line); }
.worst li:first-child { border-top: 0; }
.worst .port { overflow-wrap: anywhere; white-space: normal; }
.more { margin-top: 8px; }
.edge { color: var(--soft); margin: 0 0 8px; } .edge summary { font-weight: 600; }
.todo { color: var(--soft); } .todo::before { content: "→ "; }
.tools { display: none; gap: 12px; flex-wrap: wrap; align-items: end; margin: 0 0 14px; }
.js .tools { display: flex; }
.tools label { font-size: 13px; color: var(--soft); display: grid; gap: 3px; }
.tools input, .tools select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 0 10px; height: 36px; min-width: 200px; }
.tools output { color: var(--soft); font-size: 13px; padding-bottom: 8px; }
.host { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin: 0 0 16px; overflow: hidden; }
.host > div { padding: 12px 14px; border-bottom: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: 2px 14px; justify-content: space-between; align-items: baseline; }
table { border-collapse: collapse; width: 100%; } .ports { table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: 9px 14px; border-top: 1px solid var(--line); }
thead th { border-top: 0; background: var(--shade); color: var(--soft); font-size: 13px; font-weight: 600; white-space: nowrap; padding-block: 6px; }
th button { all: unset; cursor: pointer; } th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
th[aria-sort=ascending] button::after { content: " ▲"; } th[aria-sort=descending] button::after { content: " ▼"; }
.ports th:nth-child(1) { width: 112px; } .ports th:nth-child(2) { width: 24%; } .ports th:nth-child(3) { width: 122px; } .ports th:nth-child(4) { width: 104px; }
td { overflow-wrap: anywhere; } .port { font-weight: 650; white-space: nowrap; }
.also { margin: 6px 0 0; padding: 0; list-style: none; } .also li { margin-top: 6px; }
details { margin-top: 4px; } summary { color: var(--link); cursor: pointer; font-size: 13px; width: max-content; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 16px; margin: 8px 0 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
td dl { font-size: 13px; grid-template-columns: minmax(90px, max-content) 1fr; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--shade); border-radius: 6px; padding: 8px 10px; margin: 8px 0 0; max-height: 240px; overflow: auto; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px; }
.panel dl { margin: 0; } .panel ul { margin: 0; padding-left: 20px; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 16px; align-items: start; }
.two h2 { margin-top: 0; } .two { margin-top: 36px; }
footer { color: var(--soft); font-size: 13px; padding-block: 28px 40px; }
[hidden] { display: none !important; }
@media screen and (max-width: 760px) {
  main, header, footer { padding-inline: 14px; }
  .worst li { grid-template-columns: 76px 1fr; } .worst li > :last-child { grid-column: 1 / -1; }
  .ports thead { display: none; } .ports tr { display: block; border-top: 1px solid var(--line); padding: 8px 0; }
  .ports td { display: block; border: 0; padding: 3px 14px; }
  dl, td dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 6px; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb; --shade: #eee;
    --link: #000; --close: #b42318; --restrict: #805600; --unknown: #6b3594; --expected: #166c2e; --none: #888; }
  @page { size: A4; margin: 14mm 12mm; }
  body { font-size: 9.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, header, footer { max-width: none; padding-inline: 0; } header { padding-top: 0; }
  .js .tools, .tools, details:not([open]) { display: none; }
  tr, .worst li, .cards li, .panel { break-inside: avoid; } h2, h3, .host > div { break-after: avoid; }
  .host { overflow: visible; } pre { max-height: none; }
  .worst li { grid-template-columns: 62px 150px 1fr; }
  .ports th:nth-child(1) { width: 62pt; } .ports th:nth-child(3) { width: 74pt; } .ports th:nth-child(4) { width: 58pt; } td, th { padding: 6px 8px; }
  .cards { grid-template-columns: repeat(5, 1fr); gap: 8px; } .cards b { font-size: 18pt; } .cards li { padding: 8px 10px; }
}
`;
