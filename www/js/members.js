// The page behind a password, asked for with it and without. The browser's own dialogue is left to the link.
import { answerPanel } from "./answer.js";
import { find, make } from "./dom.js";
import { ask } from "./request.js";

async function enter(headers) {
    const place = find("members-answer");
    const answer = await ask("/members", { credentials: "omit", headers });
    place.replaceChildren(answer.missing ? make("p", { className: "words bad" }, "The plugin members is not here.")
        : answerPanel("The answer", "GET /members", answer));
}

export function startMembers() {
    find("members-guest").addEventListener("click", () => enter({ Authorization: `Basic ${btoa("guest:guest")}` }));
    find("members-nobody").addEventListener("click", () => enter({}));
}
