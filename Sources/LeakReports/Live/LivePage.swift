/// The page that shows a live state: empty parts, and a script that fills them with what its socket brings.
package enum LivePage {
    /// The document; `nonce` lets its script and its style run, and nothing else that may get into it.
    package static func document<State: LiveState>(of state: State.Type, nonce: String) -> String {
        let parts = State.partNames.map { "<div id=\"part-\($0)\"></div>" }
        let body = """
            <header>
            <p class="product">\(MarkupText.escaped(State.title)) <span id="status" role="status">connecting</span></p>
            \(parts[0])
            <noscript><p>This page is drawn by a script, which is switched off here.</p></noscript>
            </header>
            <main>
            \(parts.dropFirst().joined(separator: "\n"))
            </main>
            <footer><p>Watertight \(ToolVersion.current)</p></footer>
            """
        return PageFrame(title: "\(State.title) – Watertight", body: body, script: (nonce, script)).document
    }

    /// It replaces each part that a message names; what was unfolded or focused stays so. A lost socket is opened anew some
    /// times.
    private static let script = """
        "use strict";
        const status = document.getElementById("status");
        const mostAttempts = 20;
        let attempts = 0, isOver = false;

        function replace(part, markup) {
          const opened = new Map();
          for (const each of part.querySelectorAll("details")) opened.set(each.firstElementChild.textContent, each.open);
          const focusable = () => [...part.querySelectorAll("a, summary")];
          const focused = focusable().indexOf(document.activeElement);
          part.innerHTML = markup;
          for (const each of part.querySelectorAll("details")) {
            const wasOpen = opened.get(each.firstElementChild.textContent);
            if (wasOpen !== undefined) each.open = wasOpen;
          }
          if (focused >= 0) focusable()[focused]?.focus({ preventScroll: true });
        }

        function connect() {
          const socket = new WebSocket(`ws://${location.host}${location.pathname}/events`);
          socket.onopen = () => { attempts = 0; status.textContent = "live"; };
          socket.onmessage = (event) => {
            const message = JSON.parse(event.data);
            for (const { name, markup } of message.parts) {
              const part = document.getElementById(`part-${name}`);
              if (part) replace(part, markup);
            }
            const heading = document.querySelector("h1");
            if (heading) document.title = heading.textContent.trim();
            isOver = message.isOver;
            if (isOver) status.textContent = "over";
          };
          socket.onclose = () => {
            if (isOver) return;
            attempts += 1;
            if (attempts > mostAttempts) { status.textContent = "the connection is lost"; return; }
            status.textContent = "the connection is lost, trying again";
            setTimeout(connect, 1000);
          };
        }
        connect();
        """
}
