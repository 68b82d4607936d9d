// What htmx asked for and did not get is said above the page. An answer of the server that is an
// error goes there by itself (pages/errors.py); here is the one that never came.
const failures = document.getElementById("failures");

function say(...parts) {
  const notice = document.createElement("div");
  notice.className = "notice bad problem";
  for (const [kind, words] of parts) {
    const part = document.createElement(kind ? "p" : "strong");
    part.className = kind;
    part.textContent = words;
    notice.append(part);
  }
  failures.replaceChildren(notice);
}

document.addEventListener("htmx:error", (event) => {
  if (!event.detail.ctx) return;
  say(
    ["", "The server did not answer."],
    ["found", "It may be restarting, or the connection to it is gone."],
    ["next", "Try again in a moment; what you see may be out of date."],
  );
});
document.addEventListener("htmx:after:request", (event) => {
  if (event.detail.ctx.response.status < 400) failures.replaceChildren();
});
