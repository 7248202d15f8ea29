// Text from outside, made safe to look at: a barcode may hold control characters, marks that turn the reading
// direction, or ten thousand digits. All is shown, nothing acts.

const MAX_SHOWN = 200;
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/g;

function sign(character) {
  const code = character.codePointAt(0);
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `⟨${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** The text with its hidden characters shown, cut to a length that fits the page. */
export function visible(text, most = MAX_SHOWN) {
  const characters = Array.from(String(text));
  const cut = characters.length > most;
  const shown = (cut ? characters.slice(0, most) : characters).join("").replace(HIDDEN, sign);
  return cut ? `${shown}… (${characters.length})` : shown;
}
