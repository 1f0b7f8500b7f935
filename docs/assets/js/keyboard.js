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

  // In the menu the theme's own script opens a label that has the focus at Enter; it never gets there.
  const labels = all(".md-nav--primary label:is(.md-nav__link, .md-nav .md-nav__title)[for]");
  for (const label of labels) {
    if (!label.textContent.trim()) {
      const name = label.closest(".md-nav__container")?.textContent.trim() ?? "";
      const text = document.createElement("span");
      text.className = "site-hidden";
      text.textContent = `Pages of ${name}`;
      label.append(text);
    }
    label.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      label.click();
    });
  }

  // What can't be seen can't be reached: the closed menu, closed sections, and what lies behind an open one.
  const updateMenu = () => {
    const narrow = narrowMenu.matches;
    const sidebar = document.querySelector(".md-sidebar--primary");
    if (sidebar) sidebar.inert = narrow && !drawer.checked;
    for (const label of labels) label.tabIndex = narrow ? 0 : -1;
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

  // The buttons of tabs are hidden: the label beside one shows that it has the focus.
  const markTab = (event) => {
    if (!event.target.matches(".tabbed-set > input")) return;
    const label = document.querySelector(`label[for="${event.target.id}"]`);
    const focused = event.type === "focusin" && event.target.matches(":focus-visible");
    label.classList.toggle("site-focus", focused);
  };
  document.addEventListener("focusin", markTab);
  document.addEventListener("focusout", markTab);

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
