#include "report/html.hpp"

namespace assay::report::html {

// Colour only ever repeats what a word says. Long code wraps, so that nothing is cut off on paper or on a telephone.
std::string_view style_sheet() noexcept {
  return R"css(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d0d7de;--soft:#f6f8fa;--hit:#fff4ce;--link:#0550ae;
--critical:#8e0c20;--high:#b3261e;--medium:#7a4b00;--low:#0b5394;--info:#57606a;--good:#146c2e}
@media (prefers-color-scheme:dark){:root{--bg:#0e1116;--fg:#e6e9ee;--dim:#9aa4b2;--line:#30363d;--soft:#171b22;--hit:#3a3010;--link:#79b8ff;
--critical:#ff8f9a;--high:#ff9a8b;--medium:#f2c063;--low:#8cc4ff;--info:#9aa4b2;--good:#6fdc8c}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:1rem;background:var(--bg);color:var(--fg);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
code,pre,.lines{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em;tab-size:4}
a{color:var(--link)}
h1{font-size:1.5rem;line-height:1.3;margin:.25rem 0 .5rem}
h2{font-size:1.25rem;margin:2.25rem 0 .75rem;padding-bottom:.25rem;border-bottom:2px solid var(--line)}
h3{font-size:1rem;margin:0 0 .5rem}
h4{font-size:.875rem;margin:.75rem 0 .25rem;font-weight:600}
p{margin:.5rem 0}
.answer{border:1px solid var(--line);border-left:.5rem solid var(--info);border-radius:.375rem;padding:1rem}
.verdict{margin:0;font-weight:700;font-size:1.125rem;text-transform:uppercase;letter-spacing:.04em;color:var(--info)}
.v-suspect{border-left-color:var(--high)}.v-suspect .verdict{color:var(--high)}
.v-unexplained{border-left-color:var(--medium)}.v-unexplained .verdict{color:var(--medium)}
.v-inconclusive{border-left-color:var(--medium)}.v-inconclusive .verdict{color:var(--medium)}
.v-verified,.v-explained{border-left-color:var(--good)}.v-verified .verdict,.v-explained .verdict{color:var(--good)}
.facts{margin:.75rem 0 0;display:grid;gap:.25rem}
.facts>div{display:grid;grid-template-columns:minmax(7rem,11rem) minmax(0,1fr);gap:0 1rem}
.facts dt{color:var(--dim)}
.facts dd{margin:0;min-width:0}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:1rem 0 0;padding:0}
.item{border:1px solid var(--line);border-radius:.375rem;padding:.875rem 1rem;margin:.75rem 0;break-inside:auto}
.sev-critical{border-left:.375rem solid var(--critical)}.sev-high{border-left:.375rem solid var(--high)}.sev-medium{border-left:.375rem solid var(--medium)}
.badge{display:inline-block;border:1px solid currentColor;border-radius:.25rem;padding:0 .375rem;font-size:.75rem;font-weight:700;text-transform:uppercase;letter-spacing:.03em;line-height:1.5;overflow-wrap:normal}
.critical{color:var(--critical)}.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}.info{color:var(--info)}
.place{color:var(--dim);margin:.25rem 0}
.dim,.more,.caption{color:var(--dim);font-size:.875rem}
.caption{margin:.75rem 0 .25rem}
.steps{padding-left:1.75rem}
.steps>li{margin:.5rem 0}
.steps strong{font-size:.875rem}
pre{margin:.25rem 0;padding:.625rem;background:var(--soft);border:1px solid var(--line);border-radius:.25rem;white-space:pre-wrap;max-height:32rem;overflow-y:auto}
.hex{line-height:1.35}
.hex .row{display:block}
.hex .off{color:var(--dim)}
.hex .oct,.hex .asc{display:inline-block;white-space:pre}
.hex .asc{border-left:1px solid var(--line);padding-left:.5em}
.x{font-weight:700;border:1px solid currentColor;border-radius:.1875rem;padding:0 .125rem;color:var(--high)}
.lines{width:100%;border-collapse:collapse;background:var(--soft);border:1px solid var(--line);margin:.25rem 0}
.lines caption{caption-side:bottom;text-align:left;color:var(--dim);font:.8125rem/1.5 system-ui,sans-serif;padding-top:.125rem}
.lines td{padding:0 .375rem;vertical-align:top;white-space:pre-wrap}
.lines code{font-size:1em}
.lines .no{text-align:right;color:var(--dim);width:1%;white-space:nowrap;overflow-wrap:normal}
.lines .mark{width:1%;font-weight:700}
.lines .skip td{color:var(--dim)}
.hit{background:var(--hit)}
.list{width:100%;border-collapse:collapse}
.list th,.list td{text-align:left;vertical-align:top;padding:.3125rem .5rem .3125rem 0;border-bottom:1px solid var(--line)}
.list th{font-size:.8125rem;color:var(--dim);overflow-wrap:normal}
.list .num{text-align:right;white-space:nowrap;overflow-wrap:normal}
.list td:first-child{min-width:4.5rem}
.d1{padding-left:1rem;display:block}.d2{padding-left:2rem;display:block}.d3{padding-left:3rem;display:block}.d4,.d5,.d6,.d7,.d8{padding-left:4rem;display:block}
.strip{margin:.5rem 0}
.strip svg{display:block;width:100%;height:3.5rem;background:var(--soft);border:1px solid var(--line)}
.strip .area{fill:var(--low);fill-opacity:.75}
.strip .grid{stroke:var(--line);fill:none;vector-effect:non-scaling-stroke}
.strip figcaption{color:var(--dim);font-size:.8125rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
footer{margin-top:2.5rem;border-top:1px solid var(--line);color:var(--dim);font-size:.875rem}
@media (max-width:40rem){body{padding:.75rem}h1{font-size:1.25rem}.facts>div{grid-template-columns:minmax(0,1fr);margin-bottom:.25rem}.item{padding:.75rem}
.list thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}.list tr{display:block;border-bottom:1px solid var(--line);padding:.375rem 0}.list td{display:block;border:0;padding:0}.list .num{display:inline-block;text-align:left;margin-right:1rem;color:var(--dim)}}
@media print{:root{--bg:#fff;--fg:#000;--dim:#444;--line:#999;--soft:#fff;--hit:#eee}body{max-width:none;padding:0;font-size:10pt}nav{display:none}pre{max-height:none;overflow:visible}h2,h3,h4{break-after:avoid;break-inside:avoid}tr,.strip{break-inside:avoid}a{color:inherit}}
)css";
}

}  // namespace assay::report::html
