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
  const texts = { password: button.dataset.showText, text: button.dataset.hideText };
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

// A password by chance is made here, and is not sent before somebody wants it; without scripts the server makes one.
for (const button of document.querySelectorAll("[data-generate]")) {
  const input = document.getElementById(button.dataset.generate);
  const [groups, symbols] = [Math.max(4, Math.ceil((input.minLength + 1) / 6)), "0123456789abcdefghjkmnpqrstvwxyz"];
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const chosen = Array.from(crypto.getRandomValues(new Uint8Array(groups * 5)), (byte) => symbols[byte % 32]);
    input.value = chosen.join("").match(/.{5}/g).join("-").slice(0, input.maxLength);
    if (input.type === "password") document.querySelector(`[data-show="${input.id}"]`).click();
    document.getElementById(`${input.id}-generated`).hidden = false;
    input.select();
  });
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

// An iPad calls itself a Mac, and no Mac has a touch screen.
if (navigator.maxTouchPoints > 1) {
  for (const part of document.querySelectorAll("[data-touch]")) part.hidden = !part.hidden;
}

// Points in time as the reader's own clock has them, in the page's language as the reader's region writes it.
for (const time of document.querySelectorAll("time")) {
  const page = document.documentElement.lang;
  const own = (tag) => tag.split("-")[0] === page.split("-")[0];
  const isPersian = page === "fa";
  const format = new Intl.DateTimeFormat(navigator.languages.find(own) ?? page, {
    dateStyle: "long",
    timeStyle: "short",
    calendar: isPersian ? "persian" : "gregory",
    numberingSystem: isPersian ? "arabext" : "latn",
  });
  time.title = time.textContent;
  time.textContent = format.format(new Date(time.dateTime));
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
