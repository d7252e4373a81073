// Short, quiet signals, made of sine tones when they are needed: no files to load.

/** The tones of a signal: Hz, and when each begins, s. */
const signals: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  join: [
    [523, 0],
    [784, 0.09],
  ],
  leave: [
    [784, 0],
    [523, 0.09],
  ],
  hand: [[880, 0]],
  chat: [[1047, 0]],
};

const loudness = 0.05; // of full scale; voices are around 0.2
const length = 0.22; // s

let context: AudioContext | null = null;

/** Plays a signal by its name. Silent for unknown names, and while the browser still wants a gesture before any sound. */
export function play(name: string): void {
  const tones = signals[name];
  if (!tones) return;
  context ??= new AudioContext();
  if (context.state !== 'running') {
    // Once allowed it may play the next one; this one would come too late.
    void context.resume().catch(() => undefined);
    return;
  }
  for (const [pitch, after] of tones) tone(context, pitch, context.currentTime + after);
}

function tone(audio: AudioContext, pitch: number, at: number): void {
  const oscillator = new OscillatorNode(audio, { frequency: pitch });
  const gain = new GainNode(audio, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness, at + 0.01);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + length);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(at);
  oscillator.stop(at + length);
}
