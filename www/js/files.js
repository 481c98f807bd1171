// The folder /files/ by the plugin's JSON listings, and the video's jumps.
import { find, make, say } from "./dom.js";
import { sizeText, timeText } from "./format.js";
import { ask } from "./request.js";

const top = "/files/";

// Each folder on the way is a link.
function showPath(path) {
    let at = "/";
    const links = path.split("/").filter(Boolean).flatMap((part) => {
        at += `${part}/`;
        const link = make("a", { href: at }, `${decodeURIComponent(part)}/`);
        link.addEventListener("click", folderOpener(at));
        return [link];
    });
    find("files-path").replaceChildren("/", ...links);
}

function folderOpener(path) {
    return (event) => {
        if (!(event.ctrlKey || event.metaKey || event.shiftKey)) {
            event.preventDefault();
            open(path);
        }
    };
}

function row(path, entry) {
    const target = new URL(entry.href, new URL(path, location.href)).pathname;
    const link = make("a", { href: target, className: "name" }, entry.type === "folder" ? `${entry.name}/` : entry.name);
    if (entry.type === "folder") {
        link.addEventListener("click", folderOpener(target));
        return make("li", {}, link);
    }
    const download = make("a", { href: `${target}?download`, download: entry.name, className: "get" }, "Download");
    download.setAttribute("aria-label", `Download ${entry.name}`);
    return make("li", {}, link, make("span", { className: "facts" }, `${sizeText(entry.size)} · ${timeText(entry.modified)}`),
        download);
}

async function open(path) {
    const answer = await ask(path);
    if (!Array.isArray(answer.data?.entries)) {
        find("files-list").replaceChildren();
        say(find("files-words"), answer.ok || answer.missing ? "This server does not list its folders." : answer.words, true);
        return;
    }
    showPath(path);
    find("files-list").replaceChildren(...answer.data.entries.map((entry) => row(path, entry)));
    say(find("files-words"), answer.data.entries.length ? "" : "This folder is empty.");
}

// Jumps, and tells where it has come to.
function startVideo() {
    const video = find("files-video");
    for (const button of document.querySelectorAll("[data-seek]")) {
        button.addEventListener("click", () => {
            const seconds = Number(button.dataset.seek);
            video.currentTime = seconds;
            say(find("files-seek"), "");
        });
    }
    video.addEventListener("seeked", () => say(find("files-seek"), `At ${video.currentTime.toFixed(0)} s of ${video.duration.toFixed(0)} s.`));
    video.addEventListener("error", () => say(find("files-seek"), "The video cannot be played here.", true));
}

export function startFiles() {
    startVideo();
    open(top);
}
