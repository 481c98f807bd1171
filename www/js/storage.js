// A list that outlives the page where the browser allows that, and lives as long as the page where it does not.

export function storedList(key, most) {
    let items = [];
    try {
        const found = JSON.parse(localStorage.getItem(key) ?? "[]");
        items = Array.isArray(found) ? found.slice(0, most) : [];
    } catch {
        items = []; // denied, or not ours
    }

    function keep() {
        try {
            localStorage.setItem(key, JSON.stringify(items));
        } catch {
            // Denied or full: the list is in memory all the same.
        }
    }

    return {
        items: () => items,
        // The newest first, and none twice in a row.
        add(item) {
            if (JSON.stringify(item) !== JSON.stringify(items[0])) {
                items = [item, ...items].slice(0, most);
                keep();
            }
        },
        clear() {
            items = [];
            keep();
        },
    };
}
