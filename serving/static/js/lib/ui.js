// The view layer: Preact with htm templates. Every interpolated value becomes a text node or an attribute, never markup.
import { Fragment, h, render } from "../../vendor/preact.js";
import htm from "../../vendor/htm.js";

export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useId } from "../../vendor/hooks.js";
export { Fragment, h, render };
export const html = htm.bind(h);

/** Class names from strings and falsy values. */
export const cls = (...names) => names.filter(Boolean).join(" ");
