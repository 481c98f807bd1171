// Uploads with their progress. XMLHttpRequest, for fetch does not tell how much has been sent.
import { find, make, onSubmit, say } from "./dom.js";
import { sizeText, timeText } from "./format.js";
import { ask, understand } from "./request.js";

let running = null;

function fileRow(file) {
    return make("li", {}, make("a", { href: file.location, className: "name" }, file.name),
        make("span", { className: "facts" }, `${sizeText(file.length)} · ${timeText(file.modified)}`));
}

async function list() {
    const answer = await ask("/upload");
    const files = answer.data?.files;
    if (Array.isArray(files)) {
        find("upload-list").replaceChildren(...(files.length ? files.map(fileRow) : [make("li", {}, "Nothing yet.")]));
    } else {
        find("upload-list").replaceChildren(make("li", {}, answer.missing ? "The plugin upload is not here." : answer.words));
    }
}

function progress(event) {
    const part = event.lengthComputable && event.total ? event.loaded / event.total : 0;
    find("upload-progress").value = part;
    find("upload-percent").textContent = `${Math.floor(part * 100)} %`;
}

function end(text, bad) {
    running = null;
    find("upload-under-way").hidden = true;
    find("upload-cancel").hidden = true;
    say(find("upload-words"), text, bad);
}

function headersOf(request) {
    const lines = request.getAllResponseHeaders().trim().split("\r\n").filter(Boolean);
    return new Headers(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
}

function done(request) {
    const answer = understand(request.status, request.statusText, headersOf(request), request.responseText);
    if (answer.ok && answer.data?.name) {
        end(`${answer.data.name} is there, ${sizeText(answer.data.length)}.`, false);
        find("upload-form").reset();
        list();
    } else {
        end(answer.missing ? "The plugin upload is not here." : answer.words || "The answer makes no sense.", true);
    }
}

function upload(form) {
    running?.abort();
    const request = new XMLHttpRequest();
    running = request;
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", progress);
    request.addEventListener("load", () => done(request));
    // A server that refuses early ends the connection; the browser may see only that.
    request.addEventListener("error", () => end("The connection ended before the file was taken; it may be too large.", true));
    request.addEventListener("abort", () => end("Cancelled.", false));
    find("upload-progress").value = 0;
    find("upload-percent").textContent = "0 %";
    find("upload-under-way").hidden = false;
    find("upload-cancel").hidden = false;
    say(find("upload-words"), "");
    request.send(new FormData(form));
}

export function startUpload() {
    onSubmit(find("upload-form"), (event) => upload(event.target));
    find("upload-cancel").addEventListener("click", () => running?.abort());
    list();
}
