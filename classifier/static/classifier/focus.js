// The browser gives up on `autofocus` where the field cannot be seen yet when it first paints.
window.addEventListener("load", () => {
  if (document.activeElement === document.body) document.querySelector("[autofocus]")?.focus();
});
