// Building blocks of the page. Text is only ever put in as text.

export function find(id) {
    return document.getElementById(id);
}

// An element with properties (class names as `className`) and children, which may be strings.
export function make(name, properties = {}, ...children) {
    const made = document.createElement(name);
    Object.assign(made, properties);
    made.append(...children);
    return made;
}

// A sentence in a section's place for words; "bad" ones are marked. Said again only when it changes.
export function say(place, text, bad = false) {
    place.classList.toggle("bad", bad);
    if (place.textContent !== text) {
        place.textContent = text;
    }
}

// Calls `handle` for a form in place of what the browser would do with it.
export function onSubmit(form, handle) {
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        handle(event);
    });
}

// Whether the reader has asked for a page that keeps still.
export function wantsStillness() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
