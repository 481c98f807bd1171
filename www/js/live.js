// The tiles of what the server does, asked for each second while the page is seen.
import { find, make, say } from "./dom.js";
import { durationText, millisecondsText } from "./format.js";
import { ask } from "./request.js";

const period = 1000;
const patience = 5000; // between questions to a server that has no answer
const points = 60;
const rates = [];
let before = null;
let paused = false;
let timer = 0;
let asking = false;

function number(value) {
    return Number.isFinite(value) ? value.toLocaleString() : "–";
}

// What is asked for the tiles is counted by the server, too.
function rateOf(status) {
    const now = performance.now();
    const total = status.requests?.total ?? 0;
    const rate = before && total >= before.total ? ((total - before.total) * 1000) / (now - before.now) : 0;
    before = { total, now };
    rates.push(rate);
    rates.splice(0, rates.length - points);
    return rate;
}

function showGraph() {
    const most = Math.max(10, ...rates);
    const step = 120 / (points - 1);
    const start = 120 - (rates.length - 1) * step;
    const path = rates.map((rate, i) => `${i ? "L" : "M"}${(start + i * step).toFixed(1)} ${(27 - (rate / most) * 25).toFixed(1)}`);
    document.querySelector("#live-graph path").setAttribute("d", path.join(""));
}

function workerTile(pool, worker) {
    const busy = worker.state === "busy";
    // The one that answers this very question is always busy with it.
    const asked = busy && worker.plugin === "status";
    const text = asked ? "telling this" : busy ? `busy: ${worker.plugin ?? "?"}` : worker.state;
    return make("li", { className: `worker ${asked ? "idle" : worker.state}` },
        make("b", {}, pool.name === "main" ? text : `${pool.name}: ${text}`),
        make("span", {}, `${number(worker.requests)} done, ${durationText(worker.age)} old`));
}

function pluginRow(plugin) {
    const time = (seconds) => (seconds > 0 ? millisecondsText(seconds * 1000) : "–");
    const cells = [number(plugin.requests), number(plugin.crashes), number(plugin.timeouts), time(plugin.p50), time(plugin.p99)];
    return make("tr", {}, make("th", { scope: "row" }, plugin.name, " ", make("code", {}, plugin.route)),
        make("td", { className: plugin.state === "serving" ? "good" : "bad" }, plugin.state),
        ...cells.map((cell) => make("td", { className: "n" }, cell)));
}

function show(status) {
    find("live-rate").textContent = number(Math.round(rateOf(status)));
    find("live-total").textContent = number(status.requests?.total);
    find("live-connections").textContent = number(status.connections?.open);
    find("live-incidents").textContent = number(status.incidents_total);
    find("live-generation").textContent = number(status.generation);
    find("live-uptime").textContent = durationText(status.uptime ?? 0);
    showGraph();
    const pools = status.pools ?? [];
    find("live-workers").replaceChildren(...pools.flatMap((pool) => (pool.workers ?? []).map((worker) => workerTile(pool, worker))));
    find("live-plugins").replaceChildren(...(status.plugins ?? []).map(pluginRow));
}

async function look() {
    asking = true;
    const answer = await ask("/status");
    asking = false;
    const known = answer.ok && Array.isArray(answer.data?.pools);
    find("live-body").hidden = !known;
    say(find("live-words"), known ? "" : answer.missing ? "The plugin status is not here." : answer.words, !known);
    if (known) {
        show(answer.data);
    }
    plan(known ? period : patience);
}

function plan(delay) {
    clearTimeout(timer);
    if (!paused && !document.hidden && !asking) {
        timer = setTimeout(look, delay);
    }
}

export function startLive() {
    const button = find("live-switch");
    button.hidden = false;
    button.addEventListener("click", () => {
        paused = !paused;
        button.textContent = paused ? "Go on" : "Pause";
        plan(0);
    });
    document.addEventListener("visibilitychange", () => plan(0));
    plan(0);
}
