/// How the page of a check looks: on a screen light or dark, wide or narrow, and in print.
enum HTMLStyle {
    /// The style sheet. Text has a contrast of 4.5 or more on every background; no meaning rests on color alone.
    static let sheet = """
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
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
        body { margin: 0; background: var(--ground); color: var(--text);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
        header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem); }
        header { padding-top: 2rem; padding-bottom: 1.25rem; }
        code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; }
        h1 { margin: .25rem 0 .75rem; font-size: clamp(1.5rem, 1.1rem + 2vw, 2.25rem); line-height: 1.2;
          overflow-wrap: anywhere; text-wrap: balance; }
        h2 { margin: 2.5rem 0 1rem; font-size: 1.25rem; line-height: 1.3; }
        h3 { margin: 0 0 .5rem; font-size: 1.0625rem; line-height: 1.5; }
        p { margin: 0 0 .75rem; max-width: 76ch; overflow-wrap: anywhere; }
        small { display: block; color: var(--muted); font-size: .8125rem; font-weight: 400; line-height: 1.4; }
        .product { margin: 0; color: var(--muted); font-size: .875rem; font-weight: 600; letter-spacing: .02em; }
        .diagnosis { margin: 0 0 1rem; font-size: 1.125rem; }
        .target, .course { margin: 0; }
        .course { color: var(--muted); font-size: .9375rem; }
        header.leak h1 { color: var(--leak); }
        header.clean h1 { color: var(--clean); }
        header.inconclusive h1, header.known h1 { color: var(--inconclusive); }
        .badge { display: inline-block; padding: .05rem .5rem; border-radius: 1rem; font-size: .8125rem; font-weight: 600;
          white-space: nowrap; border: 1px solid currentcolor; }
        .badge.leak { color: var(--leak); background: var(--leak-ground); }
        .badge.clean { color: var(--clean); background: var(--clean-ground); }
        .badge.inconclusive, .badge.known { color: var(--inconclusive); background: var(--inconclusive-ground); }
        .card, .row, details { background: var(--surface); border: 1px solid var(--line); border-radius: .625rem;
          padding: 1rem 1.25rem; margin: 0 0 1rem; }
        .card { border-left: .3rem solid var(--line); }
        .card.leak { border-left-color: var(--leak); }
        .card.inconclusive, .card.known { border-left-color: var(--inconclusive); }
        .card.clean { border-left-color: var(--clean); }
        .card a { color: var(--accent); }
        .card p:last-child { margin-bottom: 0; }
        .label { margin: .75rem 0 .25rem; color: var(--muted); font-size: .8125rem; font-weight: 600; }
        pre { margin: 0; padding: .75rem 1rem; background: var(--code); border: 1px solid var(--line); border-radius: .375rem;
          white-space: pre-wrap; overflow-wrap: anywhere; }
        .scroll { overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: .625rem; }
        table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
        caption { caption-side: bottom; padding: .625rem 1rem; color: var(--muted); font-size: .8125rem; text-align: left; }
        th, td { padding: .625rem 1rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
        thead th { color: var(--muted); font-size: .8125rem; white-space: nowrap; }
        tbody th { min-width: 11rem; max-width: 22rem; }
        .number { text-align: right; font-variant-numeric: tabular-nums; }
        td.leak { background: var(--leak-ground); }
        td.clean { background: var(--clean-ground); }
        td.inconclusive, td.known { background: var(--inconclusive-ground); }
        td a { display: block; color: inherit; text-decoration: none; white-space: nowrap; }
        td a:hover .amount { text-decoration: underline; }
        td .badge { border: 0; padding: 0; background: none; }
        .amount { display: block; font-variant-numeric: tabular-nums; }
        td.leak .amount, td.known .amount { font-weight: 700; }
        a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        .legend { display: flex; flex-wrap: wrap; gap: .375rem 1.5rem; margin: 0 0 1rem; padding: 0; list-style: none;
          color: var(--muted); font-size: .875rem; }
        .legend li { display: flex; align-items: center; gap: .5rem; }
        .legend svg { width: 1.75rem; height: .75rem; flex: none; }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); gap: 1rem 1.5rem; }
        figure { margin: 0; min-width: 0; }
        figcaption { font-size: .875rem; font-weight: 600; margin-bottom: .25rem; }
        .row:target, details:target { border-color: var(--accent); }
        summary { cursor: pointer; font-weight: 600; }
        details[open] summary { margin-bottom: .75rem; }
        .empty { color: var(--muted); }
        dl { margin: 0 0 1rem; background: var(--surface); border: 1px solid var(--line); border-radius: .625rem; }
        dl div { display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: 1rem; padding: .5rem 1.25rem; }
        dl div + div { border-top: 1px solid var(--line); }
        dt { color: var(--muted); }
        dd { margin: 0; overflow-wrap: anywhere; }
        main { padding-bottom: 3rem; }
        footer { padding-bottom: 2rem; color: var(--muted); font-size: .875rem; }
        .causes { margin: .25rem 0 0; padding-left: 1.25rem; }
        .causes > li { overflow-wrap: anywhere; }
        .chain { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: .375rem 0 .75rem; padding: 0; }
        .chain li { border: 1px solid var(--line); border-radius: .375rem; padding: .125rem .5rem; position: relative; }
        .chain li + li::before { content: "\u{2192}"; position: absolute; left: -1.125rem; color: var(--muted); }
        .chain .left { border-color: var(--leak); color: var(--leak); }
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
        .band { fill: var(--leak); fill-opacity: .2; }
        .fit { stroke: var(--leak); stroke-width: 2; fill: none; stroke-dasharray: 7 3; }
        .pause { stroke: var(--text); stroke-width: 1.25; stroke-dasharray: 2 3; }
        circle { stroke: var(--accent); stroke-width: 1.25; fill: var(--surface); }
        circle.confirm { fill: var(--accent); }
        .samples circle:hover { stroke-width: 5; }
        @media (max-width: 34rem) {
          th, td { padding: .5rem .75rem; }
          .card, .row, details { padding: .875rem 1rem; }
          tbody th { min-width: 6rem; }
          tbody th small { display: none; }
          dl div { grid-template-columns: 1fr; gap: 0; }
          .plot text { font-size: 12px; }
        }
        @media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
        @media print {
          :root { color-scheme: light; --ground: #ffffff; --warm: #eeeeee; }
          body { font-size: 10pt; }
          header, main { max-width: none; padding: 0; }
          .scroll { overflow: visible; }
          .figures { grid-template-columns: repeat(3, 1fr); }
          .card, .row, details, figure, tr, dl div { break-inside: avoid; }
          h2, h3 { break-after: avoid; }
          details::details-content { content-visibility: visible; block-size: auto; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        }
        """
}
