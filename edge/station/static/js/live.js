// The wire to the station: it pushes each change. When it breaks, the page says so and tries again by itself.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const SILENCE_MS = 15000; // the station says something at least each 5 s
const SAY_BROKEN_AFTER_MS = 1200; // a blink of the wire is not worth an alarm

/** Calls `onMessage` with each message, and `onWire(true | false)` when the wire comes or goes. */
export function connect({ onMessage, onWire }) {
  let socket = null;
  let tries = 0;
  let silence = 0;
  let alarm = 0;

  function heard() {
    clearTimeout(silence);
    silence = setTimeout(() => socket?.close(), SILENCE_MS);
  }

  function open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${location.host}/api/live`);
    heard();
    socket.addEventListener("message", (event) => {
      heard();
      const message = JSON.parse(event.data);
      if (message.type === "state") {
        tries = 0;
        clearTimeout(alarm);
        alarm = 0;
        onWire(true);
      }
      onMessage(message);
    });
    socket.addEventListener("close", () => {
      clearTimeout(silence);
      if (!alarm) alarm = setTimeout(() => onWire(false), SAY_BROKEN_AFTER_MS);
      const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
      tries += 1;
      setTimeout(open, longest / 2 + (Math.random() * longest) / 2);
    });
  }

  open();
}
