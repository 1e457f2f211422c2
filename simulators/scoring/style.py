"""How the page of a score looks: calm colours, light or dark as its reader has it."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark;
  --ground: #fbfbfa; --ink: #1d2328; --soft: #46505a; --faint: #5c666f; --card: #f0f1f1; --bad: #b3261e;
  --fair: #8a5a00; --mark: #d99a1c; --rule: #dcdfe2; --dim: #737d86; --panel: #f5f6f6; --happening: #c9d5e0;
  --cause: #e2e5e8; --good: #1c7a45; --standing: #a9b2ba; --nuisance: #6a5fb0; --limit: #1d2328; --live: #9fd3b5;
  --untrue: #e7a39d; --allowed: #e3e7ea;
}
@media (prefers-color-scheme: dark) { :root {
  --ground: #14171a; --ink: #d7dde2; --soft: #a3adb8; --faint: #8a949c; --card: #1d2226; --bad: #f0685f;
  --fair: #e6b04a; --mark: #e6b04a; --rule: #262c34; --dim: #6c7681; --panel: #191d21; --happening: #33414d;
  --cause: #2c333a; --good: #5dbb80; --standing: #4a545d; --nuisance: #9d95c9; --limit: #e8ecf0; --live: #2f5a43;
  --untrue: #7a3a37; --allowed: #22282d;
} }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.5rem 4rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.3rem; font-weight: 600; margin: 0; }
h2 { font-size: 1rem; font-weight: 600; margin: 2.2rem 0 .6rem; }
h3 { font-size: .9rem; font-weight: 600; margin: 1.2rem 0 .3rem; color: var(--soft); }
p { margin: .2rem 0; }
.muted, .legend { color: var(--faint); font-size: .85rem; }
.stream { overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.2rem 0; }
.figure { background: var(--card); border-radius: 6px; padding: .6rem 1rem; min-width: 7rem; }
.figure b { display: block; font-size: 1.6rem; font-weight: 600; line-height: 1.2; }
.figure span { color: var(--faint); font-size: .85rem; }
.figure.bad b { color: var(--bad); }
.figure.fair b { color: var(--fair); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { color: var(--faint); font-weight: 500; font-size: .85rem; }
th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child, table.list th, table.list td { text-align: left; }
td.bad { color: var(--bad); }
tr.total td { font-weight: 600; border-top: 1px solid var(--dim); }
.panel { background: var(--panel); border-radius: 6px; padding: .8rem 1rem; }
svg { display: block; width: 100%; min-width: 46rem; height: auto; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
svg .strong { fill: var(--ink); }
svg .tick { font-size: 11px; fill: var(--dim); text-anchor: middle; }
svg .muted { fill: var(--dim); }
svg .inner { fill: var(--ink); font-size: 11px; pointer-events: none; }
svg .rule { stroke: var(--rule); stroke-width: 1; }
svg .happening { fill: var(--happening); }
svg .cause { fill: var(--cause); }
svg .due { fill: none; stroke: var(--dim); stroke-width: 1; }
svg .due.detected { stroke: var(--good); }
svg .due.missed { stroke: var(--bad); stroke-dasharray: 3 2; }
svg .standing { stroke: var(--standing); stroke-width: 3; }
svg .mark { text-anchor: middle; font-size: 13px; cursor: default; }
svg .mark.detected, svg .mark.dot { fill: var(--good); }
svg .mark.dot { fill-opacity: .7; font-size: 10px; }
svg .mark.late { fill: var(--fair); }
svg .mark.repeated, svg .mark.explained { fill: var(--faint); }
svg .mark.nuisance { fill: var(--nuisance); }
svg .mark.false, svg .mark.missed { fill: var(--bad); font-weight: 700; }
svg .faulty { fill: none; stroke: var(--faint); stroke-dasharray: 2 2; }
svg .limit { stroke: var(--limit); stroke-width: 1.5; }
svg .live { fill: var(--live); }
svg .marked { fill: var(--mark); }
svg .untrue { fill: var(--untrue); }
svg .allowed { fill: var(--allowed); }
svg .half { stroke: var(--limit); stroke-width: 2; }
svg .most { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 3 2; }
.key i { display: inline-block; font-style: normal; margin-right: 1.1rem; white-space: nowrap; }
.swatch.marked { background: var(--mark); }
.swatch.untrue { background: var(--untrue); }
.swatch.limit { background: var(--limit); }
.swatch { display: inline-block; width: .9rem; height: .6rem; border-radius: 2px; margin-right: .35rem; }
@media print { body { max-width: none; } }
"""
