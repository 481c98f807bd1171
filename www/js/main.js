// Brings the page's sections to life, each on its own: one that fails leaves the others alone.
import { startCalc } from "./calc.js";
import { startEcho } from "./echo.js";
import { startFiles } from "./files.js";
import { startFractal } from "./fractal.js";
import { startGuestbook } from "./guestbook.js";
import { startHello } from "./hello.js";
import { startLive } from "./live.js";
import { startMembers } from "./members.js";
import { startTicker } from "./ticker.js";
import { startTrouble } from "./trouble.js";
import { startUpload } from "./upload.js";

const sections = [startHello, startLive, startCalc, startEcho, startFiles, startUpload, startGuestbook, startFractal,
    startMembers, startTrouble, startTicker];

for (const start of sections) {
    try {
        start();
    } catch (error) {
        console.error(start.name, error);
    }
}
document.body.dataset.ready = "yes";
