// A scanner that types: its read arrives as a burst of keys, faster than any hand, mostly ended by Enter. It is caught
// wherever the focus is, it never triggers a shortcut, and what a person types into a field stays theirs.

const GS = "\u001d";
const BURST_GAP_MS = 80; // a scanner's next key comes sooner
const SHORTEST_SCAN = 3;
const SHORTEST_WITHOUT_END = 6; // a scanner set up without Enter
const ENTER_QUIET_MS = 500; // Enter so soon after a key ends something typed; it accepts nothing

/** Tells bursts from hands. It is given characters with their times (ms) and keeps what may become a read. */
export class BurstDetector {
  #text = "";
  #last = -Infinity;
  #lastCharacter = -Infinity;
  get text() {
    return this.#text;
  }

  get isBurst() {
    return this.#text.length >= SHORTEST_SCAN;
  }

  get endedWithoutEnter() {
    return this.#text.length >= SHORTEST_WITHOUT_END;
  }

  character(character, at) {
    if (at - this.#last > BURST_GAP_MS) this.clear();
    this.#text += character;
    this.#last = at;
    this.#lastCharacter = at;
    return this.#text.length;
  }

  /** Enter or Tab: the read it ends, or null. */
  end(at) {
    const text = this.isBurst && at - this.#last <= BURST_GAP_MS * 2 ? this.#text : null;
    this.clear();
    return text;
  }

  /** Whether Enter may act by itself now. */
  quiet(at) {
    return at - this.#lastCharacter > ENTER_QUIET_MS;
  }

  /** The last character was a hand's, and did something: the next Enter is a hand's too. */
  understood() {
    this.#lastCharacter = -Infinity;
  }

  clear() {
    this.#text = "";
    this.#last = -Infinity;
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
  let before = null; // the field's content before the burst

  function settle() {
    const { text } = detector;
    const field = before?.field ?? null;
    if (field === null && text.length === 1 && onKey(text)) detector.understood();
    else if (detector.endedWithoutEnter && field?.dataset.scan !== "take") finish(text);
    detector.clear();
    before = null;
  }

  function finish(text) {
    if (before && before.field.dataset.scan !== "take") {
      before.field.value = before.value;
      before.field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    onScan(text);
  }

  function onKeydown(event) {
    if (event.isComposing || event.repeat) return;
    const field = isField(event.target) ? event.target : null;
    const character = characterOf(event);
    if (character === " " && detector.text === "" && event.target instanceof HTMLButtonElement) return; // presses it
    if (character !== null) {
      clearTimeout(waiting);
      if (detector.character(character, event.timeStamp) === 1) before = field ? { field, value: field.value } : null;
      if (character === GS) {
        event.preventDefault();
        if (field?.dataset.scan === "take") field.setRangeText(GS, field.selectionStart, field.selectionEnd, "end");
      } else if (field === null) {
        event.preventDefault();
      }
      waiting = setTimeout(settle, BURST_GAP_MS + 20);
      return;
    }
    if (event.key !== "Enter" && event.key !== "Tab") return;
    const quiet = detector.quiet(event.timeStamp);
    clearTimeout(waiting);
    const scanned = detector.end(event.timeStamp);
    if (scanned !== null && before?.field.dataset.scan !== "take") {
      event.preventDefault();
      event.stopPropagation();
      finish(scanned);
    } else if (scanned !== null && event.key === "Tab") {
      event.preventDefault();
      before.field.form?.requestSubmit();
    } else if (event.key === "Enter" && field === null) {
      if (!quiet) event.preventDefault();
      else if (!(event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement || event.target instanceof HTMLSelectElement)) {
        event.preventDefault();
        onKey("Enter");
      }
    }
    before = null;
  }

  document.addEventListener("keydown", onKeydown, { capture: true });
}
