// The echo console: one request, seen from both ends.
import { answerPanel, requestPanel } from "./answer.js";
import { find, make, onSubmit } from "./dom.js";
import { ask } from "./request.js";

// "Name: value" lines. Throws a sentence for one that is none.
function parseFields(text) {
    const fields = {};
    for (const line of text.split("\n").map((part) => part.trim()).filter(Boolean)) {
        const colon = line.indexOf(":");
        if (colon < 1) {
            throw new Error(`A header field is "Name: value", but this is "${line}".`);
        }
        fields[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
    }
    new Headers(fields); // refuses what is no name or value
    return fields;
}

function requestOf(method, message, headers) {
    if (method === "GET" || method === "HEAD") {
        return { query: `?${new URLSearchParams({ msg: message })}`, options: { method, headers } };
    }
    const type = { "Content-Type": "text/plain; charset=utf-8" };
    return { query: "", options: { method, headers: { ...type, ...headers }, body: message } };
}

async function send() {
    const place = find("echo-answers");
    const method = find("echo-method").value;
    let headers;
    try {
        headers = parseFields(find("echo-fields").value);
    } catch (error) {
        place.replaceChildren(make("p", { className: "words bad" }, error.message));
        return;
    }
    const { query, options } = requestOf(method, find("echo-message").value, headers);
    place.setAttribute("aria-busy", "true");
    // The first asks what the server understands of such a request. One without a body to tell that in is asked as GET.
    const asked = method === "HEAD" ? { ...options, method: "GET" } : options;
    const told = await ask(`/echo/request${query}`, { ...asked, headers: { ...headers, ...asked.headers, Accept: "application/json" } });
    const answer = await ask(`/echo${query}`, { ...options, headers: { Accept: "*/*", ...options.headers } });
    const panels = [answerPanel("What came back", `${method} /echo${query}`, answer)];
    if (Array.isArray(told.data?.headers)) {
        panels.unshift(requestPanel("What the server understood", told.data));
    }
    place.replaceChildren(...panels);
    place.setAttribute("aria-busy", "false");
}

export function startEcho() {
    onSubmit(find("echo-form"), send);
}
