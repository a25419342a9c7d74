"use strict";
// Filters, folding and the keyboard. The page is complete without this script: it only hides what is not asked for.
// A form with data-filters="ID" filters the elements with data-item inside the element of that id. Its boxes are facets
// by name: a facet with no box ticked lets everything through but what says data-rest, else one of its values has to fit.
(() => {
  const texts = new WeakMap();
  const textOf = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };
  const filters = (form) => {
    const list = document.getElementById(form.dataset.filters);
    const items = [...list.querySelectorAll("[data-item]")];
    const values = new Map(items.map((item) => [item, Object.fromEntries(
      Object.entries(item.dataset).map(([name, value]) => [name, value.split(" ")]))]));
    const search = form.querySelector("input[type=search]");
    const boxes = [...form.querySelectorAll("input[type=checkbox]")];
    const shown = form.querySelector("output");
    const empty = list.querySelector("[data-empty]");
    const apply = () => {
      const asked = {};
      for (const box of boxes) if (box.checked) (asked[box.name] ||= []).push(box.value);
      const facets = Object.entries(asked);
      const resting = boxes.filter((box) => "rest" in box.dataset && !asked[box.name]);
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const item of items) {
        const has = values.get(item);
        const fits = facets.every(([name, wanted]) => wanted.some((value) => has[name]?.includes(value))) &&
          (words.length > 0 || !resting.some((box) => has[box.name]?.includes(box.value))) &&
          words.every((word) => textOf(item).includes(word));
        item.classList.toggle("off", !fits);
        if (fits) count += 1;
      }
      shown.value = `${count} of ${items.length} shown`;
      if (empty) empty.hidden = count > 0;
    };
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    form.addEventListener("click", (event) => {
      const fold = event.target.dataset?.fold;
      if (fold) for (const item of items) if ("open" in item) item.open = fold === "open";
    });
    apply();
    return search;
  };
  const searches = [...document.querySelectorAll("form[data-filters]")].map(filters);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input[type=search],textarea,select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && searches[0]) {
      event.preventDefault();
      searches[0].focus();
      searches[0].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Escape" && typing && typing.value) {
      typing.value = "";
      typing.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  // What a link leads to is shown, whatever the filters say.
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.classList.remove("off");
    if ("open" in target) target.open = true;
    for (let above = target.parentElement?.closest("details"); above; above = above.parentElement?.closest("details")) {
      above.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const each of folded) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of folded) each.open = false;
  });
})();
