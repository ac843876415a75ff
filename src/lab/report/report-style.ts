import { darkScheme, lightScheme, type Scheme } from './palette.ts';
import type { ReportPolicy } from './report-policy.ts';

/** The style sheet: what is fixed, the colours of both schemes, and which marks a box shows. */
export function reportStyle(policies: readonly ReportPolicy[], units: readonly string[]): string {
  return [
    `:root{color-scheme:light dark;${variables(lightScheme)}}`,
    `@media screen and (prefers-color-scheme:dark){:root{${variables(darkScheme)}}}`,
    fixedStyle,
    ...policies.map(({ className, style }) => `.${className}{color:var(--hue${style.hue})}`),
    pickingStyle(policies),
    ...units.map((unit) => `:root:has(#unit-${unit}:checked) .unit-${unit}{display:block}`),
    printStyle,
  ].join('\n');
}

function variables(scheme: Scheme): string {
  const { hues, ...rest } = scheme;
  return [
    ...hues.map((hue, place) => `--hue${place}:${hue}`),
    ...Object.entries(rest).map(([name, colour]) => `--${name}:${colour}`),
  ].join(';');
}

/** Without :has, what is picked at first is shown, and stays. */
function pickingStyle(policies: readonly ReportPolicy[]): string {
  const shown = policies.map(
    ({ className }) => `:root:has(#show-${className}:checked) .series.${className}{display:inline}`,
  );
  const alone = policies.map(
    ({ className }) => `:root:has(.pick.${className}:hover) .series:not(.${className}){opacity:.15}`,
  );
  const unpicked = policies
    .filter(({ isPicked }) => !isPicked)
    .map(({ className }) => `.series.${className}`);
  return [
    `@supports selector(:has(*)){.series{display:none}${shown.join('')}`,
    ':root:has(#show-baseline:checked) .series.baseline,:root:has(#show-hindsight:checked) .series.hindsight{display:inline}',
    `@media (hover:hover){${alone.join('')}}}`,
    unpicked.length === 0
      ? ''
      : `@supports not selector(:has(*)){${[...unpicked, '.picker input', '.series.baseline'].join(',')}{display:none}}`,
  ].join('\n');
}

const fixedStyle = `
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;overflow-wrap:anywhere}
main{max-width:1104px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:clamp(24px,5vw,34px);line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:21px;line-height:1.3;margin:52px 0 6px}
p{margin:0 0 12px;max-width:72ch}
a{color:var(--link)}
code{font:.875em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.faint,figcaption,caption{color:var(--faint);font-size:14px}
.verdict{font-size:18px;line-height:1.5;border-left:4px solid var(--hue0);padding:2px 0 2px 16px;margin:20px 0 0;max-width:68ch}
figure{margin:12px 0 0}
figcaption{margin-top:6px;max-width:76ch}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0 0;padding:0;list-style:none}
.tiles+p{margin-top:8px}
.tiles li{background:var(--panel);border-radius:8px;padding:12px 14px;font-size:14px;color:var(--faint);line-height:1.35}
.tiles b{display:block;font-size:22px;color:var(--ink);font-weight:600;font-variant-numeric:tabular-nums;line-height:1.3}
table{border-collapse:collapse;width:100%;font-size:15px;font-variant-numeric:tabular-nums;line-height:1.4}
caption{text-align:left;padding:0 0 8px;max-width:76ch}
th,td{text-align:right;padding:8px 10px;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:normal}
td{white-space:nowrap}
td.text{white-space:normal;min-width:150px}
th.name{overflow-wrap:anywhere;min-width:128px}
thead th.name{overflow-wrap:normal}
thead th{color:var(--faint);font-weight:600;font-size:13px;vertical-align:bottom;border-bottom:2px solid var(--line);line-height:1.3}
th:first-child,td:first-child{padding-left:0}
th.name,td.text{text-align:left}
tbody th{font-weight:600}
td small,th small{display:block;font-weight:400;font-size:13px;line-height:1.3;color:var(--faint)}
.badge{display:inline-block;font-size:12px;font-weight:600;line-height:1.5;border:1px solid currentColor;border-radius:4px;padding:0 5px;margin-left:6px;white-space:nowrap;color:var(--ink)}
tr.reference th{font-weight:400;font-style:italic}
tbody.references{border-top:2px solid var(--line)}
.scroll{margin-top:16px;overflow-x:auto;overscroll-behavior-x:contain}
.scroll table{font-size:14px}
.scroll .measures{min-width:860px}
.scroll caption{max-width:min(76ch,calc(100vw - 32px))}
.scroll th.name{position:sticky;left:0;background:var(--paper);max-width:220px;min-width:128px}
.scroll:focus-visible,input:focus-visible{outline:2px solid var(--link);outline-offset:2px}
svg{display:block;width:100%;height:auto;overflow:visible;font-family:inherit;--plot-background:var(--paper)}
.plot svg text,.plot svg tspan{white-space:pre}
.plot{max-width:800px}
.wide{display:none}
.narrow{max-width:480px}
.cost-bar{height:8px;margin-top:3px;width:100%;min-width:96px;background:var(--panel)}
.cost-bar .bill{fill:var(--hue1)}.cost-bar .lost{fill:var(--hue0)}
.cost-bar .best{fill:var(--ink)}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:8px 0 0;padding:0;font-size:14px;color:var(--faint)}
.key svg{display:inline-block;width:28px;min-width:0;margin:0;height:14px;vertical-align:-2px;margin-right:6px}
.plot svg [aria-label$="tick"]{stroke:var(--line)}
.plot svg [aria-label$="grid"]{stroke:var(--line);stroke-opacity:.7}
.plot svg [aria-label$="label"]{fill:var(--faint)}
.axis-line{stroke:var(--faint)}
.strip-line{stroke:var(--line)}
.faint-text{fill:var(--faint)}
.point{fill:currentColor;stroke:none;fill-opacity:.92}
.point:not(.of-front):not(.series){fill:var(--paper);fill-opacity:1;stroke:currentColor;stroke-width:1.8}
.point-label{fill:var(--ink);stroke:var(--paper);stroke-width:3px;paint-order:stroke;stroke-linejoin:round}
.front-line{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:5 3;fill:none;opacity:.75}
.out-of-reach{fill:var(--faint);fill-opacity:.13}
.hindsight-line{stroke:var(--faint);stroke-width:1.5;fill:none}
.baseline-line{stroke:var(--faint);stroke-width:1.3;stroke-dasharray:1 4;stroke-linecap:round}
.baseline{color:var(--faint);stroke-width:1.3;stroke-dasharray:1 3;stroke-linecap:round}
.hindsight{color:var(--ink);stroke-width:1.5;stroke-dasharray:6 2 1 2}
.best-mark{stroke:var(--ink);stroke-width:1.8;fill:none}
.together{white-space:nowrap}
.incremental-mark{stroke:var(--hue0);stroke-width:1.1;fill:none}
.full-mark{stroke:var(--hue1);stroke-width:1.8;fill:none}
.full-diamond{fill:var(--hue1);stroke:none}
.held-mark{fill:var(--ink);font-weight:700}
.charts{display:grid;grid-template-columns:minmax(0,1fr);gap:0 32px}
.charts>section{min-width:0}
.picker{border:1px solid var(--line);border-radius:8px;margin:44px 0 0;padding:8px 14px 12px;font-size:14px;min-width:0;align-self:start}
.picker legend{font-weight:600;padding:0 6px}
.picker ul{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,232px),1fr));gap:0 16px}
.picker label{display:flex;align-items:center;gap:8px;padding:5px 0;min-height:32px;cursor:pointer;line-height:1.3}
.picker input{width:17px;height:17px;margin:0;flex:none;accent-color:var(--link)}
.picker svg{width:34px;height:14px;flex:none}
.picker span{min-width:0;color:var(--ink)}
.units{border:0;margin:8px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:2px 18px;font-size:14px}
.units legend{float:left;margin-right:14px;padding:5px 0;color:var(--faint)}
.units label{display:flex;align-items:center;gap:6px;padding:5px 0;cursor:pointer}
.units input{margin:0;width:17px;height:17px;accent-color:var(--link)}
.unit{display:none}
@supports not selector(:has(*)){.unit:first-of-type{display:block}.units{display:none}}
dl{display:grid;grid-template-columns:minmax(130px,max-content) 1fr;gap:6px 24px;margin:12px 0 0;font-size:15px}
dt{color:var(--faint)}
dd{margin:0;min-width:0}
footer{margin-top:48px;padding-top:12px;border-top:1px solid var(--line);font-size:13px;color:var(--faint)}
@media (min-width:720px){.wide{display:block}.narrow{display:none}main{padding:40px 16px 80px}}
@media (min-width:1104px){.charts{grid-template-columns:minmax(0,800px) minmax(220px,1fr);grid-template-rows:auto auto auto 1fr}.charts>section{grid-column:1}.charts>.picker{grid-column:2;grid-row:1/span 4;position:sticky;top:16px;max-height:calc(100vh - 32px);overflow-y:auto;margin-top:56px}.picker ul{grid-template-columns:1fr}}
@media (max-width:719.9px){
table.cards,table.cards tbody,table.cards caption{display:block}
table.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.cards tr{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:8px 16px;padding:14px 0;border-bottom:1px solid var(--line)}
table.cards th,table.cards td{border:0;padding:0;text-align:left;display:block}
table.cards th.name{grid-column:1/-1;font-size:16px}
table.cards td::before{content:attr(data-label);display:block;font-size:12.5px;color:var(--faint);font-weight:400}
table.cards td.nothing{display:none}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:10px}
}`;

const printStyle = `
@page{size:A4 portrait;margin:14mm 14mm 16mm}
@media print{
:root{color-scheme:light}
body{font-size:10.5pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
main{max-width:none;padding:0}
h2{font-size:14pt;margin-top:22pt;break-after:avoid}
figure,.plot,.picker,.tiles,tr,.verdict,.results{break-inside:avoid}
thead{display:table-header-group}
.wide{display:block}.narrow{display:none}
.plot{max-width:none}
table{font-size:9pt}
.scroll{overflow:visible}.scroll table,.scroll .measures{min-width:0;font-size:8.5pt}
.scroll th.name{position:static;max-width:none;min-width:26mm}
.scroll th,.scroll td{padding:4px}.scroll th:first-child{padding-left:0}
.scroll thead th,.scroll small{font-size:8.25pt}
.picker{border:0;padding:0;position:static}
.picker ul{grid-template-columns:repeat(3,1fr)}
.picker input,.units{display:none}
.picker label{min-height:0;padding:1px 0}
.picker li:not(:has(input:checked)){display:none}
a{color:inherit;text-decoration:none}
}`;
