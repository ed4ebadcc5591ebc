// Comfort; every page is complete without this.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const text = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.textContent.replace(/\s+/g, ""));
    button.textContent = button.dataset.doneText;
    setTimeout(() => { button.textContent = text; }, 2000);
  });
}

for (const button of document.querySelectorAll("[data-show]")) {
  const input = document.getElementById(button.dataset.show);
  const texts = { password: button.textContent, text: button.dataset.hideText };
  button.hidden = false;
  const show = (type) => {
    input.type = type;
    button.textContent = texts[type];
    button.setAttribute("aria-pressed", String(type === "text"));
  };
  button.addEventListener("click", () => show(input.type === "text" ? "password" : "text"));
  // A browser keeps passwords, and not what was typed into a text field.
  input.form.addEventListener("submit", () => show("password"));
}

// A form is sent once, however often its button is pressed; back on the page, it can be sent again.
for (const form of document.querySelectorAll("form[method=post]")) {
  let isSent = false;
  form.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
  });
  addEventListener("pageshow", () => { isSent = false; });
}

// Whoever comes back from the shop is shown the next step.
const next = document.querySelector("[data-then]");
for (const link of document.querySelectorAll("[data-get]")) {
  link.addEventListener("click", () => {
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && next) {
        next.classList.add("next");
        next.scrollIntoView({ block: "center" });
      }
    });
  });
}
