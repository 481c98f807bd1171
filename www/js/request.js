// One request to the server, and clear words for whatever comes back: an answer, an error, a cut connection, nothing.

const causes = {
    401: "A name and a password are needed.",
    403: "This is not allowed.",
    404: "This server has no plugin here.",
    405: "This server has no plugin here that takes this method.",
    413: "This is too large for the server.",
    429: "Too many requests; try again in a moment.",
    502: "The plugin crashed while it handled this request.",
    503: "The server cannot answer this now.",
    504: "The plugin took too long and was ended.",
    507: "The server has no room for this.",
};

function parse(text, type) {
    try {
        return /[/+]json\b/.test(type) ? JSON.parse(text) : null;
    } catch {
        return null;
    }
}

// The sentence for a person. Problems (RFC 9457) carry one; the master's own answers carry one in their second line.
function sentenceOf(status, data, text, headers) {
    const own = data?.detail || (status >= 500 ? text.split("\n")[1] : "");
    const wait = headers.get("Retry-After");
    const sentence = own || causes[status] || `The server answered ${status}.`;
    return wait && status === 503 ? `${sentence} Again in ${wait} s.` : sentence;
}

function incidentOf(data, text) {
    return data?.incident ?? text.match(/incident ([0-9a-f]{16})/)?.[1] ?? null;
}

// Makes of an answer what the sections work with.
export function understand(status, reason, headers, text) {
    const data = parse(text, headers.get("Content-Type") ?? "");
    const ok = status >= 200 && status < 300;
    return {
        ok,
        status,
        reason,
        headers,
        text,
        data,
        missing: status === 404 || status === 405,
        words: ok ? "" : sentenceOf(status, data, text, headers),
        incident: ok ? null : incidentOf(data, text),
    };
}

function nothing(status, reason, sentence) {
    return { ok: false, status, reason, headers: new Headers(), text: "", data: null, missing: false, words: sentence,
        incident: null };
}

// Never throws, but for an abort that the caller has asked for by options.signal.
export async function ask(url, options = {}) {
    let response;
    try {
        response = await fetch(url, { cache: "no-store", ...options,
            headers: { Accept: "application/json", ...options.headers } });
    } catch (error) {
        if (error.name === "AbortError") {
            throw error;
        }
        return nothing(0, "No answer", "The server does not answer.");
    }
    try {
        return understand(response.status, response.statusText, response.headers, await response.text());
    } catch (error) {
        if (error.name === "AbortError") {
            throw error;
        }
        return nothing(response.status, "cut", "The connection was cut amid the answer, so that nobody takes it for whole.");
    }
}
