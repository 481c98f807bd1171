// The calculator: an expression or one operation, the result, and a history to click on.
import { find, make, onSubmit } from "./dom.js";
import { ask } from "./request.js";
import { storedList } from "./storage.js";

const signs = { add: "+", sub: "−", mul: "×", div: "÷" };
const past = storedList("socgi.calc", 20);

function isEntry(entry) {
    return typeof entry?.asked === "string" && typeof entry?.result === "string" && typeof entry?.query === "object";
}

function show(asked, answer) {
    const place = find("calc-answer");
    place.classList.toggle("bad", !answer.ok);
    if (!answer.ok || typeof answer.data?.result !== "string") {
        place.replaceChildren(make("p", { className: "value" }, answer.missing ? "The plugin calc is not here." : answer.words));
        return;
    }
    const { result, exact, fraction } = answer.data;
    place.replaceChildren(make("p", { className: "asked" }, `${asked} =`), make("p", { className: "value" }, result),
        make("p", { className: "asked" }, exact ? "exact" : `rounded; exactly ${fraction}`));
}

// Puts what was asked back into its form.
function reuse(query) {
    const form = find("expr" in query ? "calc-expression-form" : "calc-operation-form");
    for (const [name, value] of Object.entries(query)) {
        if (form.elements[name]) {
            form.elements[name].value = value;
        }
    }
    form.querySelector("input:not([type=hidden])").focus();
}

function showPast() {
    const entries = past.items().filter(isEntry);
    find("calc-past").hidden = entries.length === 0;
    find("calc-history").replaceChildren(...entries.map((entry) => {
        const button = make("button", { type: "button", className: "plain" }, make("span", {}, entry.asked), " ",
            make("b", {}, `= ${entry.result}`));
        button.addEventListener("click", () => {
            reuse(entry.query);
            evaluate(entry.asked, entry.query);
        });
        return make("li", {}, button);
    }));
}

// Only the last one asked is shown, however late an earlier one is answered.
let latest = 0;

async function evaluate(asked, query) {
    const mine = ++latest;
    const answer = await ask(`/calc?${new URLSearchParams(query)}`);
    if (mine !== latest) {
        return;
    }
    show(asked, answer);
    if (answer.ok && typeof answer.data?.result === "string") {
        past.add({ asked, query, result: answer.data.result });
        showPast();
    }
}

export function startCalc() {
    onSubmit(find("calc-expression-form"), (event) => {
        const expr = event.target.elements.expr.value;
        evaluate(expr, { expr });
    });
    onSubmit(find("calc-operation-form"), (event) => {
        const { a, op, b } = event.target.elements;
        evaluate(`${a.value} ${signs[op.value]} ${b.value}`, { op: op.value, a: a.value, b: b.value });
    });
    find("calc-forget").addEventListener("click", () => {
        past.clear();
        showPast();
        find("calc-expression").focus();
    });
    showPast();
}
