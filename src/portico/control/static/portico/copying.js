// Gives each .command its copy button; without a clipboard there is none.
function add(command) {
  if (command.querySelector(".copy")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy button quiet small";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(command.querySelector("pre").textContent.trim());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  command.append(button);
}

const addAll = () => document.querySelectorAll(".command").forEach(add);

if (navigator.clipboard) {
  addAll();
  document.addEventListener("htmx:after:swap", addAll);
}
