// Says things to people who listen instead of look: one sentence at a time into the two live regions of index.tmpl.html.

/** Screen readers drop a sentence that replaces another too soon. */
const gap = 150; // ms


/** Queues sentences for one region and writes them gap ms apart. */
function queue(write: (text: string) => void): (text: string) => void {
  const waiting: string[] = [];
  let running = false;
  const next = () => {
    const text = waiting.shift();
    if (text === undefined) {
      running = false;
      return;
    }
    write('');
    // A region that gets the same text again says nothing unless it was empty in between.
    setTimeout(() => {
      write(text);
      setTimeout(next, gap);
    }, gap);
  };
  return (text) => {
    waiting.push(text);
    if (!running) {
      running = true;
      next();
    }
  };
}

function region(id: string): (text: string) => void {
  return (text) => {
    const element = document.getElementById(id);
    if (element) element.textContent = text;
  };
}

const polite = queue(region('live-polite'));
const assertive = queue(region('live-assertive'));

/** Announces text; loud interrupts what is being read. */
export function say(text: string, loud = false): void {
  (loud ? assertive : polite)(text);
}
