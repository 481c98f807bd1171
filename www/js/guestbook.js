// The guestbook: the newest entry first.
import { find, make, onSubmit, say } from "./dom.js";
import { timeText } from "./format.js";
import { ask } from "./request.js";

function row(entry) {
    return make("li", {}, make("p", { className: "by" }, make("b", {}, entry.name), " ",
        make("time", { dateTime: entry.time }, timeText(entry.time))), make("p", {}, entry.text));
}

function failure(answer) {
    return answer.missing ? "The plugin guestbook is not here." : answer.words;
}

async function list() {
    const answer = await ask("/guestbook");
    const entries = answer.data?.entries;
    if (!Array.isArray(entries)) {
        say(find("guestbook-words"), failure(answer), true);
        return;
    }
    const sorted = [...entries].sort((a, b) => b.id - a.id);
    find("guestbook-list").replaceChildren(...(sorted.length ? sorted.map(row) : [make("li", {}, "Be the first.")]));
}

async function sign(form) {
    const answer = await ask("/guestbook", { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.ok) {
        form.elements.text.value = "";
    }
    say(find("guestbook-words"), answer.ok ? "Thank you." : failure(answer), !answer.ok);
    if (answer.ok) {
        await list();
    }
}

export function startGuestbook() {
    onSubmit(find("guestbook-form"), (event) => sign(event.target));
    list();
}
