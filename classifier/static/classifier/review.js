// The review queue by keys. Without this file the page is forms and links.
"use strict";

(() => {
  const form = document.getElementById("review");
  const heading = document.getElementById("review-text");
  const other = document.getElementById("review-other");
  const help = document.getElementById("review-keys");
  const switchedOn = document.getElementById("review-keys-on");
  const STORED = "txcat.review.keys";
  const TYPED_IN = "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]";
  const WORKED_BY_ENTER = "a, button, summary, input";
  let isLeaving = false;

  // What is there when a page opens is not read out; what changes in it is.
  function say(text) {
    const said = document.getElementById("review-said");
    said.textContent = "";
    setTimeout(() => { said.textContent = text; }, 100);
  }

  function act(word) {
    const button = form.querySelector(`button[name=act][value=${word}]`);
    if (button && !isLeaving) button.click();
  }

  function follow(id, refusal) {
    const link = document.getElementById(id);
    if (link) link.click();
    else say(refusal);
  }

  function choose(number) {
    const choice = form.querySelectorAll("input[name=category]")[number - 1];
    if (!choice) return;
    choice.checked = true;
    choice.focus();
    other.value = "";
  }

  // What is searched for goes before what is chosen: never show both.
  function weigh() {
    form.querySelectorAll("input[name=category]").forEach((choice) => {
      choice.checked = !other.value && choice.defaultChecked;
    });
  }

  const KEYS = {
    j: () => follow("review-next", "This is the last text of the list."),
    k: () => follow("review-previous", "This is the first text of the list."),
    s: () => act("skip"),
    d: () => act("discard"),
    u: () => act("undo"),
    "/": () => other?.focus(),
    "?": () => { help.open = !help.open; },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === "Escape" && event.target === other) {
      other.value = "";
      weigh();
      heading.focus();
    }
    if (event.target.matches(TYPED_IN)) return;
    if (event.key === "Enter") {
      if (!event.target.closest(WORKED_BY_ENTER)) act("submit");
      return;
    }
    if (!switchedOn.checked) return;
    const done = /^[1-9]$/.test(event.key) ? () => choose(Number(event.key)) : KEYS[event.key];
    if (!done) return;
    event.preventDefault();
    done();
  });

  other?.addEventListener("input", weigh);
  if (other?.value) weigh();
  form.addEventListener("submit", (event) => {
    if (isLeaving) event.preventDefault();
    isLeaving = true;
  });
  window.addEventListener("pageshow", () => { isLeaving = false; });

  switchedOn.checked = localStorage.getItem(STORED) !== "off";
  switchedOn.addEventListener("change", () => localStorage.setItem(STORED, switchedOn.checked ? "on" : "off"));
  help.hidden = false;

  const message = document.getElementById("review-messages").textContent.trim();
  if (message) say(message.replace(/\s+/g, " "));
  if (message || new URLSearchParams(location.search).has("item")) heading.focus();
})();
