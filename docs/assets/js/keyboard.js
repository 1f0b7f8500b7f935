// What mkdocs-material leaves to the mouse: its icons for search and menu are labels, which a keyboard does not reach, and
// what scrolls sideways can't be scrolled without one.

(() => {
  const NAMES = { __drawer: "Menu", __search: "Search" };

  // A label that works a hidden checkbox becomes a button.
  for (const label of document.querySelectorAll(
    ".md-header__button[for='__drawer'], .md-header__button[for='__search']",
  )) {
    label.tabIndex = 0;
    label.setAttribute("role", "button");
    label.setAttribute("aria-label", NAMES[label.htmlFor]);
    label.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        label.click();
      }
    });
  }

  const scrolling = "figure.diagram, .md-typeset__scrollwrap, .md-typeset pre > code";

  const update = () => {
    for (const element of document.querySelectorAll(scrolling)) {
      if (element.scrollWidth > element.clientWidth) {
        element.tabIndex = 0;
      } else {
        element.removeAttribute("tabindex");
      }
    }
  };

  window.addEventListener("resize", update);
  window.addEventListener("load", update);
  document.addEventListener("change", update);
  document.addEventListener("toggle", update, true);
})();
