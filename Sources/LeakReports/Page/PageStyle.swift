/// How the pages look: on a screen light or dark, wide or narrow, and in print.
enum PageStyle {
    /// The style sheet. Text has a contrast of 4.5 or more on every background; no meaning rests on color alone.
    static let sheet = [colors, text, cards, tables, plots, narrow, print].joined(separator: "\n")

    private static let colors = """
        :root {
          color-scheme: light dark;
          --ground: #f6f7f9; --surface: #ffffff; --text: #1a1f26; --muted: #57606a; --line: #d5dae1;
          --leak: #a31621; --leak-ground: #fdeaea; --clean: #17613a; --clean-ground: #e4f4ea;
          --inconclusive: #7a4b00; --inconclusive-ground: #fdf1d6; --accent: #1f5fa8; --warm: #eceff3; --code: #f0f2f5;
        }
        @media screen and (prefers-color-scheme: dark) {
          :root {
            --ground: #0f1318; --surface: #171c23; --text: #e6eaf0; --muted: #a0abb8; --line: #313a45;
            --leak: #ffa8a3; --leak-ground: #44191c; --clean: #93dcb0; --clean-ground: #13341f;
            --inconclusive: #f1cd7d; --inconclusive-ground: #3c2d0b; --accent: #82b6f5; --warm: #20262f; --code: #0f1318;
          }
        }
        """

    private static let text = """
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
        body { margin: 0; background: var(--ground); color: var(--text);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
        header, main, footer { max-width: 80rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem); }
        header { padding-top: 2rem; padding-bottom: .5rem; }
        code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; }
        h1 { margin: .25rem 0 .75rem; font-size: clamp(1.5rem, 1.1rem + 2vw, 2.25rem); line-height: 1.2;
          overflow-wrap: anywhere; text-wrap: balance; }
        h2 { margin: 2.25rem 0 .875rem; font-size: 1.25rem; line-height: 1.3; }
        h3 { margin: 0 0 .75rem; font-size: 1.0625rem; line-height: 1.5; overflow-wrap: anywhere; }
        p { margin: 0 0 .75rem; max-width: 76ch; overflow-wrap: anywhere; }
        a { color: var(--accent); }
        small { display: block; color: var(--muted); font-size: .8125rem; font-weight: 400; line-height: 1.4; }
        .product { margin: 0; color: var(--muted); font-size: .875rem; font-weight: 600; letter-spacing: .02em; }
        .diagnosis { margin: 0 0 1rem; font-size: 1.125rem; }
        .target, .course { margin: 0; }
        .course, .quiet, .names { color: var(--muted); font-size: .9375rem; }
        .quiet { font-weight: 400; }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        header.leak h1, header .leak h1 { color: var(--leak); }
        header.clean h1, header .clean h1 { color: var(--clean); }
        header.inconclusive h1, header.known h1, header :is(.inconclusive, .known) h1 { color: var(--inconclusive); }
        main { padding-bottom: 2rem; }
        footer { padding-top: 1rem; padding-bottom: 2rem; color: var(--muted); font-size: .875rem; border-top: 1px solid var(--line); }
        footer p { margin: 0; }
        nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 .75rem; padding: 0; list-style: none; }
        :is(a, summary, button):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .125rem; }
        """

    private static let cards = """
        .badge { display: inline-block; padding: .05rem .5rem; border-radius: 1rem; font-size: .8125rem; font-weight: 600;
          white-space: nowrap; border: 1px solid currentcolor; }
        .badge.leak { color: var(--leak); background: var(--leak-ground); }
        .badge.clean { color: var(--clean); background: var(--clean-ground); }
        .badge.inconclusive, .badge.known { color: var(--inconclusive); background: var(--inconclusive-ground); }
        .card, section > details { background: var(--surface); border: 1px solid var(--line); border-radius: .625rem; }
        .card { padding: 1rem 1.25rem; margin: 0 0 1rem; border-left: .3rem solid var(--line); }
        .card.leak { border-left-color: var(--leak); }
        .card.inconclusive, .card.known { border-left-color: var(--inconclusive); }
        .card.clean { border-left-color: var(--clean); }
        .card > :last-child, .split p:last-child { margin-bottom: 0; }
        .split { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 27.5rem); gap: 1rem 2rem; align-items: start; }
        .lead { margin: 0 0 .375rem; }
        .lead strong { font-size: 1.375rem; line-height: 1.3; color: var(--leak); }
        .known .lead strong { color: var(--inconclusive); }
        .facts { margin: 0 0 .75rem; padding-left: 1.125rem; }
        .facts li { margin-bottom: .125rem; max-width: 72ch; overflow-wrap: anywhere; }
        .label { margin: .875rem 0 .25rem; color: var(--muted); font-size: .8125rem; font-weight: 600; }
        progress { display: block; width: 100%; height: .5rem; margin: 0 0 .75rem; accent-color: var(--accent); }
        [role="status"] { margin-left: .5rem; padding: .05rem .5rem; border: 1px solid var(--line); border-radius: 1rem; }
        .tally { display: flex; flex-wrap: wrap; gap: .5rem 1rem; margin: 0 0 .75rem; padding: 0; list-style: none;
          font-variant-numeric: tabular-nums; }
        pre { margin: 0; padding: .75rem 1rem; background: var(--code); border: 1px solid var(--line); border-radius: .375rem;
          white-space: pre-wrap; overflow-wrap: anywhere; }
        .command { cursor: copy; user-select: all; -webkit-user-select: all; }
        summary { cursor: pointer; font-weight: 600; }
        section > details { padding: .5rem 1.25rem; margin: 0 0 .5rem; }
        section > details[open] { padding-bottom: 1rem; margin-bottom: 1rem; }
        details[open] > summary { margin-bottom: .75rem; }
        details:has(:target) { border-color: var(--accent); }
        .card details { margin-top: .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
        .card summary { color: var(--muted); font-size: .9375rem; }
        .causes { margin: .25rem 0 0; padding-left: 1.125rem; }
        .causes > li { overflow-wrap: anywhere; }
        .chain { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: .375rem 0 .75rem; padding: 0; }
        .chain li { border: 1px solid var(--line); border-radius: .375rem; padding: .125rem .5rem; position: relative; }
        .chain li + li::before { content: "\u{2192}"; position: absolute; left: -1.125rem; color: var(--muted); }
        .chain .left { border-color: var(--leak); color: var(--leak); }
        dl { margin: 0 0 1rem; background: var(--surface); border: 1px solid var(--line); border-radius: .625rem; }
        dl div { display: grid; grid-template-columns: minmax(7rem, 11rem) minmax(0, 1fr); gap: 1rem; padding: .5rem 1.25rem; }
        dl div + div { border-top: 1px solid var(--line); }
        dt { color: var(--muted); }
        dd { margin: 0; overflow-wrap: anywhere; }
        details dl { margin: 0; border: 0; }
        details dl div { padding: .375rem 0; }
        """

    private static let tables = """
        table { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--surface); font-size: .9375rem;
          border: 1px solid var(--line); border-radius: .625rem; }
        caption { caption-side: bottom; padding: .5rem 0; color: var(--muted); font-size: .8125rem; text-align: left; }
        th, td { padding: .3rem .75rem; text-align: left; vertical-align: top; font-variant-numeric: tabular-nums; }
        tbody tr > * { border-top: 1px solid var(--line); }
        thead th { padding: .5rem .75rem; color: var(--muted); font-size: .8125rem; }
        tbody th { max-width: 22rem; overflow-wrap: anywhere; }
        tbody th a { color: inherit; }
        .number { text-align: right; }
        td.leak { color: var(--leak); background: var(--leak-ground); font-weight: 700; }
        td.clean { color: var(--clean); }
        td.inconclusive, td.known { color: var(--inconclusive); background: var(--inconclusive-ground); }
        td.explained, td.waiting { color: var(--muted); }
        """

    private static let plots = """
        .legend { display: flex; flex-wrap: wrap; gap: .375rem 1.5rem; margin: 0 0 1rem; padding: 0; list-style: none;
          color: var(--muted); font-size: .875rem; }
        .legend li { display: flex; align-items: center; gap: .5rem; }
        .legend svg { width: 1.75rem; height: .75rem; flex: none; }
        .figures { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 1rem 1.25rem; }
        .figures.of-1, .split .figures { grid-template-columns: minmax(0, 27.5rem); }
        .figures.of-2 { grid-template-columns: repeat(2, minmax(0, 27.5rem)); }
        .figures.of-3, .figures.of-6 { grid-template-columns: repeat(3, minmax(0, 1fr)); }
        .figures.of-5 figure:first-child { grid-column: span 2; grid-row: span 2; }
        .figures.of-5 .large text { font-size: 8.5px; }
        figure { margin: 0; min-width: 0; }
        figcaption { font-size: .875rem; font-weight: 600; margin-bottom: .25rem; }
        .empty { color: var(--muted); }
        .plot { display: block; width: 100%; height: auto; overflow: visible; }
        .plot text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
          fill: var(--muted); }
        .plot .up { text-anchor: end; }
        .plot .across { text-anchor: middle; }
        .plot .end, .plot .unit.across { text-anchor: end; }
        .warm-up { fill: var(--warm); }
        .grid { stroke: var(--line); stroke-width: 1; }
        .axis { stroke: var(--muted); stroke-width: 1; fill: none; }
        .floor { stroke: var(--muted); stroke-width: 1.25; fill: none; stroke-linejoin: round; }
        .level { stroke: var(--accent); stroke-width: 1.75; fill: none; stroke-linejoin: round; }
        .pod { stroke: var(--accent); stroke-width: 1.25; stroke-opacity: .85; fill: none; stroke-linejoin: round; }
        .pod.early { stroke-opacity: .4; }
        .pod.other { stroke: var(--muted); stroke-dasharray: 2 2; }
        g:hover > .pod { stroke-width: 3; stroke-opacity: 1; }
        .band { fill: var(--leak); fill-opacity: .2; }
        .fit { stroke: var(--leak); stroke-width: 2; fill: none; stroke-dasharray: 7 3; }
        .pause { stroke: var(--text); stroke-width: 1.25; stroke-dasharray: 2 3; }
        circle { stroke: var(--accent); stroke-width: 1.25; fill: var(--surface); }
        circle.confirm { fill: var(--accent); }
        .samples circle:hover { stroke-width: 5; }
        """

    private static let narrow = """
        @media (max-width: 64rem) {
          .figures, .figures.of-3, .figures.of-6 { grid-template-columns: repeat(2, minmax(0, 1fr)); }
          .figures.of-5 figure:first-child { grid-row: auto; }
          .figures.of-5 .large text { font-size: 11px; }
          .split { grid-template-columns: minmax(0, 1fr); }
        }
        @media (max-width: 44rem) {
          .figures, .figures:is(.of-2, .of-3, .of-6) { grid-template-columns: minmax(0, 1fr); }
          .figures.of-5 figure:first-child { grid-column: auto; }
          .plot.large text, .figures.of-5 .large text { font-size: 14px; }
          .card, section > details { padding-left: 1rem; padding-right: 1rem; }
          dl div { grid-template-columns: minmax(0, 1fr); gap: 0; }
          table, caption, tbody { display: block; }
          thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          caption { padding: .5rem .75rem; }
          tbody tr { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .125rem; padding: .5rem; }
          tbody tr + tr { border-top: 1px solid var(--line); }
          tbody tr > * { border: 0; padding: .125rem .375rem; max-width: none; border-radius: .25rem; }
          tbody th, tbody td[colspan] { grid-column: 1 / -1; }
          tbody td, tbody .number { text-align: left; }
          td[data-name]::before { content: attr(data-name); display: block; color: var(--muted); font-size: .75rem; font-weight: 400; }
        }
        """

    private static let print = """
        @media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
        @media print {
          :root { color-scheme: light; --ground: #ffffff; --warm: #eeeeee; }
          body { font-size: 10pt; }
          header, main, footer { max-width: none; padding-left: 0; padding-right: 0; }
          nav { display: none; }
          h2 { margin-top: 1.25rem; }
          .split { grid-template-columns: minmax(0, 1fr) minmax(0, 17rem); }
          .figures, .figures:is(.of-3, .of-6) { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: .5rem .75rem; }
          .figures.of-5 figure:first-child { grid-column: span 2; grid-row: span 2; }
          .figures.of-5 .large text { font-size: 8.5px; }
          .split .figures { grid-template-columns: minmax(0, 1fr); }
          table { font-size: 8.5pt; }
          th, td { padding: .2rem .4rem; }
          .card, section > details { padding: .5rem .75rem; }
          figure, tr, dl div, pre, .legend { break-inside: avoid; }
          h2, h3, summary { break-after: avoid; }
          details::details-content { content-visibility: visible; block-size: auto; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        }
        """
}
