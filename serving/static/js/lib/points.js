// Which points of a history are drawn: a window still open or an hour under way would look like a fall.
import { seconds } from "./format.js";

const HOUR = 3600;

/**
 * The points whose figures grow no more. An hour whose last window never came does not become whole; two hours after
 * it began it is over all the same.
 * @param {any[]} points @param {{resolution: "window"|"hour", end: string}} span what the points are of
 */
export const settled = (points, { resolution, end }) =>
  points.filter((point) => point.is_final || (resolution === "hour" && seconds(end) - seconds(point.start) >= 2 * HOUR));

/** What the definition of a chart says of the others. */
export const unsettledNote = (resolution) => (resolution === "hour" ? "the hour under way is left out" : "windows still open are left out");
