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

// A field that says where to ask suggests as one types. The script is fetched only where there is one. A field with an
// error stays as it is: its message belongs to it.
const suggested = [...document.querySelectorAll("[data-suggest]")].filter((place) => !place.querySelector("[aria-invalid]"));
if (suggested.length) {
  const script = document.createElement("script");
  script.src = "/static/accessible-autocomplete.js";
  script.onload = () => suggested.forEach(suggest);
  document.head.append(script);
}

// Suggest names for the field in `place`, asking its address, for what is chosen in the field that it names. Any other
// words may stay.
function suggest(place) {
  const plain = place.querySelector("input");
  const { id, name, value, autocomplete } = plain;
  const element = document.createElement("div");
  let waits;
  plain.replaceWith(element);
  window.accessibleAutocomplete({
    element, id, name,
    defaultValue: value, minLength: 2, confirmOnBlur: false, showNoOptionsFound: false, displayMenu: "overlay",
    inputClasses: "nhsuk-input",
    templates: { suggestion: asText },
    source: (words, show) => {
      clearTimeout(waits);
      const mine = (waits = setTimeout(async () => {
        const names = await namesFor(place, words);
        if (mine === waits) show(document.activeElement === document.getElementById(id) ? names : []);
      }, 150));
    },
  });
  document.getElementById(id).autocomplete = autocomplete;
}

async function namesFor(place, words) {
  const chosen = document.querySelector(`[name="${place.dataset.suggestFor}"]:checked`);
  const query = new URLSearchParams({ q: words, ...(chosen && { [place.dataset.suggestFor]: chosen.value }) });
  try {
    const answer = await fetch(`${place.dataset.suggest}?${query}`);
    return answer.ok ? (await answer.json()).items.map((item) => item.name) : [];
  } catch {
    return []; // one can write without it
  }
}

// Return the markup that shows these words: people wrote them.
function asText(words) {
  const text = document.createElement("span");
  text.textContent = words;
  return text.innerHTML;
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

// The link in the email with a code has address and code after its “#”, where no server sees them. The code is filled in
// only in the browser that asked for it. Elsewhere one types it, and sees who one is signing in as.
const signIn = document.querySelector("form[data-sign-in]");
if (signIn) {
  fillInCode();
  addEventListener("hashchange", fillInCode);
}

function fillInCode() {
  const linked = new URLSearchParams(location.hash.slice(1));
  const email = linked.get("email")?.trim().toLowerCase();
  if (!email) return;
  history.replaceState(null, "", location.pathname + location.search);
  if (signIn.dataset.signIn === email) {
    signIn.elements.code.value = linked.get("code") ?? "";
  } else if (!signIn.dataset.signIn) {
    signIn.elements.email.value = email;
    const says = document.querySelector("[data-signing-in]");
    says.querySelector("strong").textContent = email;
    says.hidden = false;
  }
}
