// Shows the answer of a form or link marked data-try on the page, with its status and header fields, where the browser
// would go to it otherwise.

function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
}

// The request that the browser would send for a form, but for a text/plain body: it goes without its field's name.
function formRequest(form) {
    const url = new URL(form.action);
    const data = new FormData(form);
    if (form.method === "post") {
        const headers = { "Content-Type": "text/plain; charset=utf-8" };
        return { url, options: { method: "POST", headers, body: [...data.values()].join("\n") } };
    }
    url.search = new URLSearchParams(data).toString();
    return { url, options: { method: "GET" } };
}

function linkRequest(link) {
    const headers = link.dataset.range ? { Range: link.dataset.range } : {};
    return { url: new URL(link.href), options: { method: "GET", headers } };
}

function headerList(headers) {
    const list = document.createElement("dl");
    for (const [name, value] of headers) {
        list.append(element("dt", "", name), element("dd", "", value));
    }
    const details = document.createElement("details");
    details.append(element("summary", "", "Header fields"), list);
    return details;
}

// Puts a part for answers at the end of the section, once. It is announced when it changes.
function answerPanel(from) {
    const place = from.closest("section").querySelector(".try");
    let panel = place.querySelector(".answer");
    if (!panel) {
        panel = element("div", "answer", "");
        panel.setAttribute("role", "status");
        place.append(panel);
    }
    const after = from.closest("form, ul");
    (after && place.contains(after) ? after : place.lastElementChild).after(panel);
    return panel;
}

function show(panel, request, status, failed, body, headers) {
    const line = element("p", "line", "");
    line.append(element("span", "status", status),
        element("span", "request", `${request.options.method} ${request.url.pathname}${request.url.search}`));
    const text = element("pre", body ? "body" : "body empty", body || "no body");
    text.tabIndex = 0;
    panel.replaceChildren(line, text);
    if (headers) {
        panel.append(headerList(headers));
    }
    panel.classList.toggle("failed", failed);
    panel.setAttribute("aria-busy", "false");
}

// Only the last request of a section is shown, however late an earlier one is answered.
const latest = new WeakMap();

async function send(from, request) {
    const panel = answerPanel(from);
    const controller = new AbortController();
    latest.get(panel)?.abort();
    latest.set(panel, controller);
    panel.setAttribute("aria-busy", "true");
    request.options.headers = { Accept: "text/plain", ...request.options.headers };
    request.options.signal = controller.signal;
    try {
        const response = await fetch(request.url, request.options);
        const body = await response.text();
        const status = `${response.status} ${response.statusText}`;
        show(panel, request, status, !response.ok, body, response.headers);
    } catch (error) {
        if (!controller.signal.aborted) {
            show(panel, request, "No answer", true, error.message, null);
        }
    }
}

document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-try]")) {
        event.preventDefault();
        send(event.target, formRequest(event.target));
    }
});

document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-try]");
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (link && plain) {
        event.preventDefault();
        send(link, linkRequest(link));
    }
});
