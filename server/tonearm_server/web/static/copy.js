// What is shown once can be copied or printed by a button; without a script it is selected by hand.

const status = document.getElementById("status");

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  button.addEventListener("click", async () => {
    const text = [...source.querySelectorAll("[data-copied]")].map((part) => part.textContent.trim()).join("\n");
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = button.dataset.done;
    } catch {
      getSelection().selectAllChildren(source);
      status.textContent = button.dataset.failed;
    }
  });
}

document.querySelector("[data-print]")?.addEventListener("click", () => print());
