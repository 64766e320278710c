// One answer of the API as a component sees it: the last good one stays on screen while a new one is fetched or fails,
// and goes when there is nothing to fetch any more.
import { get } from "./api.js";
import { now } from "./clock.js";
import { useEvents } from "./live.js";
import { useCallback, useEffect, useRef, useState } from "./ui.js";

const EMPTY = { data: null, error: null, loading: true, receivedAt: null, path: null };

/**
 * @param {string|null} path null: nothing to fetch
 * @param {string[]} [events] events after which it is fetched again; always also after a lost connection came back
 * @returns {{data: any, error: Error|null, loading: boolean, receivedAt: number|null, path: string|null, reload: () => void}}
 */
export function useResource(path, events = []) {
  const [state, setState] = useState(EMPTY);
  const running = useRef(null);

  const load = useCallback(() => {
    running.current?.abort();
    if (!path) {
      setState(EMPTY); // an answer to what is no longer asked would come back with the next path
      return;
    }
    const controller = new AbortController();
    running.current = controller;
    setState((last) => ({ ...last, loading: true }));
    get(path, controller.signal).then(
      (data) => controller.signal.aborted || setState({ data, error: null, loading: false, receivedAt: now(), path }),
      (error) => controller.signal.aborted || setState((last) => ({ ...last, error, loading: false, ...(last.path === path ? {} : { data: null, path }) })),
    );
  }, [path]);

  useEffect(() => {
    load();
    return () => running.current?.abort();
  }, [load]);
  useEvents([...events, "reload"], load);
  return { ...(path ? state : EMPTY), reload: load };
}
