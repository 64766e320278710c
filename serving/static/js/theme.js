// Runs before the first paint, so that a chosen theme does not flash; a plain script because modules are deferred.
(() => {
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is switched off: the system's preference counts.
  }
})();
