// Start: the frame, the page the address asks for, and the stream.
import { Failure, Loading } from "./components/basics.js";
import { Shell } from "./components/shell.js";
import { startLive } from "./lib/live.js";
import { useAddress } from "./lib/router.js";
import { html, render, useEffect, useRef, useState } from "./lib/ui.js";
import Now from "./pages/now.js";

/** Pages other than the first are fetched when they are opened. */
const ROUTES = [
  [/^\/$/, "Now", () => Now],
  [/^\/film\/(\d+)$/, "Film", () => import("./pages/film.js")],
  [/^\/compare$/, "Compare", () => import("./pages/compare.js")],
  [/^\/breakouts$/, "Breakouts", () => import("./pages/breakouts.js")],
  [/^\/model$/, "Model", () => import("./pages/model.js")],
  [/^\/system$/, "System", () => import("./pages/system.js")],
];

function match(path) {
  for (const [pattern, name, load] of ROUTES) {
    const found = path.match(pattern);
    if (found) return { name, load, id: found[1] };
  }
  return null;
}

/** The page's component, once its module is there. */
function usePage(route) {
  const [page, setPage] = useState(() => ({ name: "Now", component: Now, error: null }));
  useEffect(() => {
    let wanted = true;
    if (route) {
      Promise.resolve(route.load()).then(
        (loaded) => wanted && setPage({ name: route.name, component: loaded.default ?? loaded, error: null }),
        (error) => wanted && setPage({ name: route.name, component: null, error }),
      );
    }
    return () => {
      wanted = false;
    };
  }, [route?.name]);
  return page.name === route?.name ? page : { component: null, error: null };
}

function App() {
  const { path, query } = useAddress();
  const route = match(path);
  const { component: Page, error } = usePage(route);
  const first = useRef(true);
  useEffect(() => {
    document.title = route ? `${route.name} · TrendScope` : "TrendScope";
    // After a change of page a reader starts at its content; at the first one the browser's own start is right.
    if (first.current) first.current = false;
    else document.getElementById("content")?.focus({ preventScroll: true });
  }, [path]);
  let content = html`<${Loading} rows=${6} />`;
  if (!route) content = html`<div class="state"><h1>No such page</h1><p><a href="/">To the films trending now</a></p></div>`;
  else if (error) content = html`<${Failure} error=${error} alone=${true} retry=${() => location.reload()} />`;
  else if (Page) content = html`<${Page} key=${path} query=${query} id=${route.id} />`;
  return html`<${Shell} path=${path}>${content}<//>`;
}

const root = document.getElementById("app");
root.replaceChildren();
render(html`<${App} />`, root);
startLive();
