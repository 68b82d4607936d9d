// Every <time datetime>: how long ago, in words; the absolute one in the viewer's zone as its
// tooltip. With data-absolute the absolute one is the text. Without this script, UTC is shown.
const UNITS = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const short = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

function relative(moment) {
  const seconds = (moment - Date.now()) / 1000;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? [];
  return unit ? words.format(Math.round(seconds / length), unit) : "just now";
}

function show(time) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  const text = "absolute" in time.dataset ? short.format(moment) : relative(moment);
  if (time.textContent !== text) time.textContent = text;
  time.title = absolute.format(moment);
}

const showAll = (root) => root.querySelectorAll("time[datetime]").forEach(show);

showAll(document);
setInterval(() => showAll(document), 30_000);
document.addEventListener("htmx:after:swap", () => showAll(document));
