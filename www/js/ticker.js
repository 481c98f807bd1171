// A small request every 100 ms while it is looked at: the proof that trouble troubles nobody else.
import { find, make, wantsStillness } from "./dom.js";
import { millisecondsText } from "./format.js";
import { ask } from "./request.js";

const interval = 100;
const shown = 60; // bars
const remembered = 600; // for the median
let wanted = false;
let inView = false;
let timer = 0;
let waiting = false;
let told = 0;
const counts = { requests: 0, failures: 0, worst: 0 };
const times = [];

function median() {
    const sorted = [...times].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
}

function showBars() {
    const recent = times.slice(-shown);
    const most = Math.max(20, ...recent);
    find("ticker-bars").replaceChildren(...recent.map((ms) => {
        const bar = make("i");
        bar.style.height = `${Math.max(4, (ms / most) * 100)}%`;
        return bar;
    }));
}

// A page that is to keep still shows numbers once a second, and no bars.
function show() {
    const now = performance.now();
    if (wantsStillness() && now - told < 1000) {
        return;
    }
    told = now;
    find("ticker-count").textContent = counts.requests.toLocaleString();
    find("ticker-failures").textContent = counts.failures.toLocaleString();
    find("ticker-failures").classList.toggle("bad", counts.failures > 0);
    find("ticker-last").textContent = millisecondsText(times.at(-1));
    find("ticker-median").textContent = millisecondsText(median());
    find("ticker-worst").textContent = millisecondsText(counts.worst);
    if (!wantsStillness()) {
        showBars();
    }
}

// One at a time: a late answer shows in its own time, and not in those behind it.
async function tick() {
    if (waiting) {
        return;
    }
    waiting = true;
    const began = performance.now();
    const answer = await ask("/hello?name=ticker", { headers: { Accept: "text/plain" } });
    const ms = performance.now() - began;
    waiting = false;
    counts.requests++;
    counts.failures += answer.ok ? 0 : 1;
    counts.worst = Math.max(counts.worst, ms);
    times.push(ms);
    times.splice(0, times.length - remembered);
    show();
}

function update() {
    const run = wanted && inView && !document.hidden;
    if (run && !timer) {
        timer = setInterval(tick, interval);
    } else if (!run && timer) {
        clearInterval(timer);
        timer = 0;
    }
    find("ticker-switch").textContent = wanted ? "Pause" : "Start";
}

export function runTicker() {
    wanted = true;
    update();
}

export function startTicker() {
    const button = find("ticker-switch");
    wanted = !wantsStillness();
    button.hidden = false;
    button.addEventListener("click", () => {
        wanted = !wanted;
        update();
    });
    document.addEventListener("visibilitychange", update);
    new IntersectionObserver((entries) => {
        inView = entries.at(-1).isIntersecting;
        update();
    }).observe(find("trouble"));
    update();
}
