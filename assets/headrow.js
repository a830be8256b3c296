// What scripts make nicer. Every page works without them.
import { initAll } from "/static/nhsuk-frontend.js";

// The menu at the top stays in one row: what does not fit goes under “More”. Without scripts it takes more rows.
const menu = document.querySelector(".nhsuk-header__navigation-list");
if (menu) {
  const more = document.createElement("li");
  more.className = "nhsuk-header__menu";
  more.hidden = true;
  const toggle = document.createElement("button");
  toggle.className = "nhsuk-header__menu-toggle nhsuk-header__navigation-link";
  toggle.type = "button";
  toggle.setAttribute("aria-expanded", "false");
  toggle.textContent = "More";
  const pages = document.createElement("span");
  pages.className = "nhsuk-u-visually-hidden";
  pages.textContent = " pages";
  toggle.append(pages);
  more.append(toggle);
  menu.append(more);
}

document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
initAll();

// A list to choose from becomes a field that one types into. The script is fetched only where there is such a list.
const lists = document.querySelectorAll("select[data-autocomplete]");
if (lists.length) {
  const script = document.createElement("script");
  script.src = "/static/accessible-autocomplete.js";
  script.onload = () => {
    for (const selectElement of lists) {
      window.accessibleAutocomplete.enhanceSelectElement({ selectElement, defaultValue: "", showAllValues: true });
    }
  };
  document.head.append(script);
}

// “Copy the link” appears where the browser can do it.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
  });
}
