// The signs that open and close Unfold's menu answer a mouse alone: here they are buttons. And the link past the
// menu moves the focus, but not the address: of that, Unfold reads which tab is open.
document.addEventListener("DOMContentLoaded", () => {
  for (const sign of document.querySelectorAll('[x-on\\:click^="sidebar"]')) {
    sign.setAttribute("role", "button");
    sign.setAttribute("aria-label", sign.textContent.trim() === "close" ? "Close the menu" : "Menu");
    sign.tabIndex = 0;
    sign.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      sign.click();
    });
  }
  document.querySelector(".skip-link")?.addEventListener("click", (event) => {
    const content = document.getElementById("content");
    event.preventDefault();
    content.tabIndex = -1;
    content.focus();
  });
});
