// A scanner that types: its read arrives as a burst of keys, faster than any hand, mostly ended by Enter. It is caught
// wherever the focus is, it never triggers a shortcut, and what a person types into a field stays theirs.

const GS = "\u001d";
const FAST_GAP_MS = 80; // a scanner's next key comes sooner
const JOIN_GAP_MS = 250; // one stumble of a busy machine does not cut a read in two
const HAND_WAIT_MS = 100; // after this, a lone key was a hand's
const END_WAIT_MS = 300; // after this, a burst without Enter is over
const SHORTEST_SCAN = 3;
const SHORTEST_WITHOUT_END = 6; // a scanner set up without Enter
const ENTER_QUIET_MS = 500; // Enter so soon after a key ends something typed; it accepts nothing

/** Tells bursts from hands. It is given keys with their times (ms) and keeps what may become a read. */
export class BurstDetector {
  #keys = []; // character, time, and the field's content before it
  #lastCharacter = -Infinity;

  /** How many keys came fast, one after the other, up to now. */
  get run() {
    let length = Math.min(1, this.#keys.length);
    while (length < this.#keys.length && !this.#slowBefore(this.#keys.length - length)) length += 1;
    return length;
  }

  character(character, at, field = null) {
    const last = this.#keys.at(-1);
    if (last && at - last.at > JOIN_GAP_MS) this.clear();
    this.#keys.push({ character, at, field, value: field?.value ?? "" });
    this.#lastCharacter = at;
  }

  /** The read that the keys make up, with the field they were typed into; null where they are a hand's. */
  read(shortest = SHORTEST_SCAN) {
    const slow = this.#keys.map((_, index) => index).filter((index) => index > 0 && this.#slowBefore(index));
    // One slow gap is a stumble; more of them are a hand, and the read begins after the last.
    const keys = slow.length > 1 ? this.#keys.slice(slow.at(-1)) : this.#keys;
    const fast = keys.length - 1 - (slow.length === 1 ? 1 : 0);
    if (keys.length < shortest || fast < shortest - 1) return null;
    return { text: keys.map((key) => key.character).join(""), field: keys[0].field, value: keys[0].value };
  }

  get lastKey() {
    return this.#keys.at(-1);
  }

  /** Whether Enter may act by itself now. */
  quiet(at) {
    return at - this.#lastCharacter > ENTER_QUIET_MS;
  }

  /** The last character was a hand's, and did something: the next Enter is a hand's too. */
  understood() {
    this.#lastCharacter = -Infinity;
    this.clear();
  }

  clear() {
    this.#keys = [];
  }

  #slowBefore(index) {
    return this.#keys[index].at - this.#keys[index - 1].at > FAST_GAP_MS;
  }
}

/** The character that a key gives, GS included however the scanner sends it; null for keys that write nothing. */
export function characterOf(event) {
  if (event.ctrlKey && !event.altKey && (event.key === "]" || event.code === "BracketRight")) return GS;
  if (event.key === GS) return GS;
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  return Array.from(event.key).length === 1 ? event.key : null;
}

const isField = (element) =>
  element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(element.type));

/**
 * Listen to the whole page.
 * `onScan(text)` gets each read, `onKey(key)` each single key pressed by hand outside of fields; it answers whether
 * the key did something.
 * A field with `data-scan="take"` gets the read itself (a badge, a serial, the scan field).
 */
export function listen({ onScan, onKey }) {
  const detector = new BurstDetector();
  let waiting = 0;

  function settle() {
    if (detector.run > 1) {
      const read = detector.read(SHORTEST_WITHOUT_END);
      if (read !== null && read.field?.dataset.scan !== "take") finish(read);
      detector.clear();
    } else {
      const { field, character } = detector.lastKey;
      if (field === null && onKey(character)) detector.understood();
    }
  }

  function finish({ text, field, value }) {
    if (field !== null) {
      field.value = value; // what the burst wrote into it goes; what a person typed stays
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    onScan(text);
  }

  function take(event, character, field) {
    clearTimeout(waiting);
    detector.character(character, event.timeStamp, field);
    if (character === GS && field?.dataset.scan === "take") field.setRangeText(GS, field.selectionStart, field.selectionEnd, "end");
    if (character === GS || field === null) event.preventDefault();
    waiting = setTimeout(settle, detector.run > 1 ? END_WAIT_MS : HAND_WAIT_MS);
  }

  function end(event, field) {
    const quiet = detector.quiet(event.timeStamp);
    clearTimeout(waiting);
    const read = detector.read();
    detector.clear();
    if (read !== null && read.field?.dataset.scan !== "take") {
      event.preventDefault();
      event.stopPropagation();
      finish(read);
    } else if (read !== null && event.key === "Tab") {
      event.preventDefault();
      read.field.form?.requestSubmit();
    } else if (event.key === "Enter" && field === null && !quiet) {
      event.preventDefault();
    } else if (event.key === "Enter" && field === null && !event.target.matches("button, a, select, summary")) {
      event.preventDefault();
      onKey("Enter");
    }
  }

  function onKeydown(event) {
    if (event.isComposing || event.repeat) return;
    const field = isField(event.target) ? event.target : null;
    const character = characterOf(event);
    const pressesButton = character === " " && detector.run === 0 && event.target instanceof HTMLButtonElement;
    if (character !== null && !pressesButton) take(event, character, field);
    else if (event.key === "Enter" || event.key === "Tab") end(event, field);
  }

  document.addEventListener("keydown", onKeydown, { capture: true });
}
