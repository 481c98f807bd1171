// An answer shown as it came: status, request, header fields, body.
import { make } from "./dom.js";

function fieldList(fields) {
    const list = make("dl", { className: "fieldlist" });
    for (const [name, value] of fields) {
        list.append(make("div", {}, make("dt", {}, name), make("dd", {}, value)));
    }
    return list;
}

export function block(label, text) {
    const body = make("pre", { className: text ? "body" : "body empty", tabIndex: 0 }, text || "no body");
    body.setAttribute("role", "region");
    body.setAttribute("aria-label", label);
    return body;
}

// `title` says what it is, `request` which request it answers.
export function answerPanel(title, request, answer) {
    const status = answer.status ? `${answer.status} ${answer.reason}` : answer.reason;
    return make("div", { className: answer.ok ? "answer" : "answer failed" },
        make("h3", {}, title),
        make("p", { className: "line" }, make("span", { className: "status" }, status),
            make("span", { className: "request" }, request)),
        fieldList(answer.headers),
        block(title, answer.text || answer.words));
}

// What /echo/request tells of a request.
export function requestPanel(title, told) {
    return make("div", { className: "answer understood" },
        make("h3", {}, title),
        make("p", { className: "line" }, make("span", { className: "status" }, told.method),
            make("span", { className: "request" }, told.target)),
        fieldList(told.headers.map(({ name, value }) => [name, value])));
}
