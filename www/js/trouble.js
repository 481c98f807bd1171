// The buttons that hurt the server, and what they got for it.
import { find, make, onSubmit } from "./dom.js";
import { millisecondsText } from "./format.js";
import { ask } from "./request.js";
import { runTicker } from "./ticker.js";

const kept = 8;

function note(name, answer, ms) {
    const status = answer.status ? `${answer.status} ${answer.reason}` : answer.reason;
    const line = make("p", { className: "line" }, make("b", {}, name), " ", make("span", { className: "status" }, status), " ",
        make("span", {}, millisecondsText(ms)));
    const text = answer.missing ? "The plugin trouble is not here." : answer.words || "It survived that.";
    const item = make("li", { className: answer.ok ? "" : "failed" }, line, make("p", {}, text));
    if (answer.incident) {
        item.append(make("p", { className: "incident" }, "incident ", make("code", {}, answer.incident)));
    }
    return item;
}

// One of a kind at a time: a browser opens few connections, and the ticker needs one.
async function disturb(form) {
    const button = form.querySelector("button");
    const name = button.textContent;
    const began = performance.now();
    button.setAttribute("aria-disabled", "true");
    runTicker();
    const answer = await ask(form.action, { method: "POST", headers: { Accept: "text/plain" } });
    const log = find("trouble-log");
    log.prepend(note(name, answer, performance.now() - began));
    while (log.children.length > kept) {
        log.lastElementChild.remove();
    }
    button.removeAttribute("aria-disabled");
}

export function startTrouble() {
    for (const form of document.querySelectorAll("#trouble form")) {
        onSubmit(form, () => {
            if (!form.querySelector("[aria-disabled]")) {
                disturb(form);
            }
        });
    }
}
