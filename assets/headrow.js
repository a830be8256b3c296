// What scripts make nicer. Every page works without them.
import { initAll } from "/static/nhsuk-frontend.js";

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
