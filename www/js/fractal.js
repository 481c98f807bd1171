// Steering through the Mandelbrot set. One picture is asked for at a time; a new wish ends the one under way.
import { find, say } from "./dom.js";
import { millisecondsText } from "./format.js";
import { understand } from "./request.js";

const home = { x: -0.6, y: 0, zoom: 1.4 };
const width = 4; // of the view in the plane, at zoom 1
const deepest = 1e13;
let view = { ...home };
let running = null;

// A picture that does not come: the words for it.
async function problem(response) {
    const answer = understand(response.status, response.statusText, response.headers, await response.text());
    return answer.missing ? "The plugin mandelbrot is not here." : answer.words;
}

async function draw() {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    const picture = find("fractal-picture");
    const began = performance.now();
    const query = new URLSearchParams({ x: view.x, y: view.y, zoom: view.zoom, size: 480 });
    picture.setAttribute("aria-busy", "true");
    try {
        const response = await fetch(`/mandelbrot?${query}`, { signal: mine.signal, headers: { Accept: "image/png, application/json" } });
        if (!response.ok) {
            say(find("fractal-words"), await problem(response), true);
            return;
        }
        const url = URL.createObjectURL(await response.blob());
        URL.revokeObjectURL(picture.src);
        picture.src = url;
        picture.hidden = false;
        say(find("fractal-words"), `Enlarged ${(view.zoom / home.zoom).toLocaleString()} times, drawn in ${millisecondsText(performance.now() - began)}.`);
    } catch (error) {
        if (error.name !== "AbortError") {
            say(find("fractal-words"), "The server does not answer.", true);
        }
    } finally {
        picture.setAttribute("aria-busy", "false");
    }
}

function look(x, y, zoom) {
    view = { x, y, zoom: Math.min(deepest, Math.max(home.zoom, zoom)) };
    draw();
}

function pointChosen(event) {
    const box = event.target.getBoundingClientRect();
    const span = width / view.zoom;
    const right = (event.clientX - box.left) / box.width - 0.5;
    const down = (event.clientY - box.top) / box.height - 0.5;
    look(view.x + right * span, view.y - down * span, view.zoom * 2);
}

export function startFractal() {
    for (const button of document.querySelectorAll("[data-move]")) {
        const [right, down] = button.dataset.move.split(" ").map(Number);
        const step = () => width / view.zoom / 4;
        button.addEventListener("click", () => look(view.x + right * step(), view.y - down * step(), view.zoom));
    }
    for (const button of document.querySelectorAll("[data-zoom]")) {
        button.addEventListener("click", () => look(view.x, view.y, view.zoom * Number(button.dataset.zoom)));
    }
    document.querySelector("[data-reset]").addEventListener("click", () => look(home.x, home.y, home.zoom));
    find("fractal-picture").addEventListener("click", pointChosen);
    draw();
}
