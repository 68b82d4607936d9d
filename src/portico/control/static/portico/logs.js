// A log as it comes: <pre class="log" data-log="ADDRESS">. Lines are added at the end; who has
// scrolled up stays there. A box with `data-filters` shows only lines that hold its text.
const KEPT = 5000;
const COLOURS = /\x1b\[[0-9;]*m/g; // what programs colour their words with
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function row(entry) {
  const line = document.createElement("div");
  const time = document.createElement("time");
  time.dateTime = entry.time;
  time.textContent = clock.format(new Date(entry.time));
  line.append(time, " ");
  if (entry.process) {
    const process = document.createElement("span");
    process.className = "process";
    process.textContent = entry.process;
    line.append(process, " ");
  }
  line.append(entry.line.replace(COLOURS, ""));
  return line;
}

class Log {
  constructor(element) {
    this.element = element;
    this.filter = document.querySelector(`[data-filters="${element.id}"]`);
    this.status = document.querySelector(`[data-tells="${element.id}"]`);
    this.newest = "";
    this.filter?.addEventListener("input", () => this.sift(this.element.children));
  }

  sift(rows) {
    const wanted = (this.filter?.value ?? "").toLowerCase();
    for (const each of rows) each.hidden = wanted !== "" && !each.textContent.toLowerCase().includes(wanted);
  }

  show(entries) {
    const { element } = this;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
    const rows = entries.map(row);
    this.sift(rows);
    element.append(...rows);
    while (element.childElementCount > KEPT) element.firstElementChild.remove();
    if (atEnd) element.scrollTop = element.scrollHeight;
  }

  take(lines) {
    const entries = lines.filter(Boolean).map((line) => JSON.parse(line));
    const ended = entries.find((entry) => entry.deploy);
    // After a broken connection the last lines are told again.
    this.show(entries.filter((entry) => entry.line !== undefined && entry.time > this.before));
    this.newest = entries.findLast((entry) => entry.time)?.time ?? this.newest;
    return ended;
  }

  async follow() {
    const address = new URL(this.element.dataset.log, location.href);
    address.searchParams.set("follow", "1");
    this.before = this.newest;
    const answer = await fetch(address, { headers: { accept: "application/x-ndjson" } });
    if (!answer.ok) throw new Error((await answer.json()).title);
    this.tell("");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return false;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      if (this.take(lines)) return true;
    }
  }

  async run() {
    for (let pause = 1; ; pause = Math.min(pause * 2, 30)) {
      try {
        if (await this.follow()) break;
        pause = 1;
      } catch (error) {
        this.tell(`${error.message} Trying again.`);
      }
      await new Promise((resolve) => { setTimeout(resolve, pause * 1000); });
    }
    document.body.dispatchEvent(new CustomEvent("portico:ended"));
  }

  tell(words) {
    if (this.status) this.status.textContent = words;
  }
}

for (const element of document.querySelectorAll("pre[data-log]")) {
  element.replaceChildren();
  new Log(element).run();
}
