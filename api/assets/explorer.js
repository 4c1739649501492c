// The explorer page: GraphiQL, and a box for the access token.
//
// The token is kept in sessionStorage: it lives as long as this tab and is seen by no other. A token in the
// address (#token=…) is taken over and then removed from the address bar and the history.
"use strict";

(() => {
  const KEPT_AS = "throughline-access-token";
  const box = document.getElementById("token");
  const state = document.getElementById("state");
  const reveal = document.getElementById("reveal");
  const example = document.getElementById("example").content.textContent.trim() + "\n";
  const root = ReactDOM.createRoot(document.getElementById("explorer"));
  let token = "";

  function tell(text, wrong = false) {
    state.textContent = text;
    state.toggleAttribute("data-wrong", wrong);
  }

  function fromAddress() {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given !== null) {
      history.replaceState(null, "", location.pathname + location.search);
    }
    return given;
  }

  async function ask(operation, { headers } = {}) {
    const sent = new Headers(headers);
    sent.set("content-type", "application/json");
    sent.set("accept", "application/graphql-response+json, application/json;q=0.9");
    if (token && !sent.has("authorization")) {
      sent.set("authorization", `Bearer ${token}`);
    }
    const response = await fetch("/graphql", {
      method: "POST",
      headers: sent,
      body: JSON.stringify(operation),
      credentials: "omit",
    });
    const text = await response.text();
    let answer;
    try {
      answer = JSON.parse(text);
    } catch {
      answer = { errors: [{ message: `${response.status} ${response.statusText}: ${text.slice(0, 400)}` }] };
    }
    const refused =
      response.status === 401 ||
      answer?.errors?.some((error) => error?.extensions?.code === "UNAUTHENTICATED");
    if (refused) {
      tell(token ? "This token is not accepted: it may have ended." : "A token is needed.", true);
    } else {
      tell(token ? "Token in use." : "Without a token.");
    }
    return answer;
  }

  // A new key makes a new GraphiQL, which asks for the schema again with the new token.
  function show() {
    root.render(
      React.createElement(GraphiQL, {
        key: token,
        fetcher: ask,
        defaultQuery: example,
        isHeadersEditorEnabled: true,
        shouldPersistHeaders: false,
      }),
    );
  }

  function use(given) {
    token = given.trim().replace(/^Bearer\s+/i, "");
    box.value = token;
    if (token) {
      sessionStorage.setItem(KEPT_AS, token);
    } else {
      sessionStorage.removeItem(KEPT_AS);
    }
    tell(token ? "Token in use." : "Without a token.");
    show();
  }

  document.getElementById("access").addEventListener("submit", (event) => {
    event.preventDefault();
    use(box.value);
  });
  document.getElementById("forget").addEventListener("click", () => use(""));
  reveal.addEventListener("click", () => {
    const hidden = box.type === "text";
    box.type = hidden ? "password" : "text";
    reveal.textContent = hidden ? "Show" : "Hide";
    reveal.setAttribute("aria-pressed", String(!hidden));
  });
  window.addEventListener("hashchange", () => {
    const given = fromAddress();
    if (given !== null) {
      use(given);
    }
  });

  use(fromAddress() ?? sessionStorage.getItem(KEPT_AS) ?? "");
})();
