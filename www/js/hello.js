// The greeting below the five lines.
import { find, onSubmit, say } from "./dom.js";
import { ask } from "./request.js";

export function startHello() {
    const form = find("hello-form");
    onSubmit(form, async () => {
        const answer = await ask(`/hello?${new URLSearchParams(new FormData(form))}`, { headers: { Accept: "text/plain" } });
        say(find("hello-answer"), answer.ok ? answer.text.trim() : answer.words, !answer.ok);
    });
}
