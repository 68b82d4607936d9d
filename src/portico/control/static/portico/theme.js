// Light, dark, or as the system is: remembered in this browser. Not a module, so that it runs
// before the page is drawn and nothing flashes.
(() => {
  const KEY = "portico-theme";
  const read = () => { try { return localStorage.getItem(KEY) || "system"; } catch { return "system"; } };
  const keep = (theme) => { try { localStorage.setItem(KEY, theme); } catch { /* not allowed here */ } };
  const apply = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  apply(read());
  document.addEventListener("DOMContentLoaded", () => {
    const choice = document.querySelector("[data-theme-choice]");
    if (!choice) return;
    choice.hidden = false;
    const mark = () => choice.querySelectorAll("button").forEach(
      (button) => button.setAttribute("aria-pressed", String(button.value === read())));
    choice.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      keep(button.value);
      apply(button.value);
      mark();
      document.dispatchEvent(new CustomEvent("portico:theme"));
    });
    mark();
  });
})();
