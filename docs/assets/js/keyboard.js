// What mkdocs-material leaves to the mouse. Its menu, its search and its sections are opened by labels, which a keyboard
// does not reach; what is closed or out of sight keeps the focus; some landmarks have no name.

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const narrowMenu = matchMedia("(max-width: 76.2344em)");
  const narrowSearch = matchMedia("(max-width: 59.9844em)");
  const drawer = document.getElementById("__drawer");
  const search = document.getElementById("__search");
  const query = document.querySelector(".md-search__input");

  // An icon in the header: a button in the place of the label, which stays for the theme's own script.
  const headerButton = (id, name) => {
    const label = document.querySelector(`.md-header__button[for="${id}"]`);
    if (!label) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = `md-header__button md-icon site-button site-button-${id.slice(2)}`;
    button.setAttribute("aria-label", name);
    button.innerHTML = label.innerHTML;
    button.addEventListener("click", () => label.click());
    label.before(button);
    label.hidden = true;
  };
  headerButton("__drawer", "Menu");
  headerButton("__search", "Search");

  // Inside the menu a label can't be a button, but what it holds can.
  const innerButton = (label, name) => {
    const inner = label.querySelector(".md-ellipsis, .md-nav__icon");
    if (!inner) return;
    inner.setAttribute("role", "button");
    if (name) inner.setAttribute("aria-label", name);
    inner.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      label.click();
    });
  };
  for (const label of all(".md-nav--primary label.md-nav__link[for]")) innerButton(label);
  for (const label of all(".md-nav--primary .md-nav .md-nav__title[for]")) innerButton(label, "Back");

  // What can't be seen can't be reached: the closed menu, closed sections, and what lies behind an open one.
  const updateMenu = () => {
    const narrow = narrowMenu.matches;
    const sidebar = document.querySelector(".md-sidebar--primary");
    if (sidebar) sidebar.inert = narrow && !drawer.checked;
    for (const button of all(".md-nav--primary [role=button]")) button.tabIndex = narrow ? 0 : -1;
    for (const list of all(".md-nav--primary .md-nav__list")) {
      const items = [...list.children];
      const opened = items.find((item) => item.querySelector(":scope > .md-nav__toggle")?.checked);
      for (const item of items) {
        const open = item === opened;
        for (const child of item.children) {
          const nested = child.matches("nav");
          child.inert = narrow && (opened ? !(open && nested) : nested);
        }
      }
    }
  };

  const updateSearch = () => {
    if (!query) return;
    query.tabIndex = narrowSearch.matches && !search.checked ? -1 : 0;
  };

  // What scrolls sideways can be scrolled with the arrow keys.
  const updateScrolling = () => {
    for (const element of all("figure.diagram, .md-typeset__scrollwrap, .md-typeset pre > code")) {
      if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
      else element.removeAttribute("tabindex");
    }
  };

  const nameLandmarks = () => {
    document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
    document.querySelector(".md-search__scrollwrap")?.setAttribute("tabindex", "-1");
    for (const nav of all("nav[aria-labelledby]")) {
      if (document.getElementById(nav.getAttribute("aria-labelledby"))) continue;
      nav.setAttribute("aria-label", nav.querySelector(".md-nav__title").textContent.trim());
      nav.removeAttribute("aria-labelledby");
    }
  };

  // One copy button is no landmark.
  const unmarkCopy = () => {
    for (const nav of all("nav.md-code__nav:not([role])")) nav.setAttribute("role", "presentation");
  };

  const update = () => {
    updateMenu();
    updateSearch();
    updateScrolling();
  };

  nameLandmarks();
  unmarkCopy();
  update();
  new MutationObserver(unmarkCopy).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("change", update);
  document.addEventListener("toggle", update, true);
  window.addEventListener("resize", update);
  window.addEventListener("load", update);
  document.fonts.ready.then(updateScrolling);
})();
