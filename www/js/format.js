// Numbers and times as people read them.

export function sizeText(bytes) {
    const units = ["B", "KB", "MB", "GB"];
    let unit = 0;
    let value = bytes;
    for (; value >= 1000 && unit < units.length - 1; unit++) {
        value /= 1000;
    }
    return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export function millisecondsText(ms) {
    return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms < 1 ? ms.toFixed(2) : ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

export function durationText(seconds) {
    const s = Math.floor(seconds);
    const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
    const first = parts.findIndex(([length]) => s >= length);
    if (first < 0) {
        return "0 s";
    }
    const [[length, unit], next] = parts.slice(first);
    const rest = next ? Math.floor((s % length) / next[0]) : 0;
    return `${Math.floor(s / length)} ${unit}${rest ? ` ${rest} ${next[1]}` : ""}`;
}

const dates = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

// An RFC 3339 time; "" for what is none.
export function timeText(text) {
    const time = new Date(text);
    return Number.isNaN(time.getTime()) ? "" : dates.format(time);
}
