// Put before the encryption worker's script: writes down what the encoders of this page give it, and what goes on. The
// page listens on a channel; see tap_test.go. In a worker named "clear" it is all there is, and seals nothing.
(() => {
	const channel = new BroadcastChannel('tap');

	const tapped = t => {
		if (t.options.op !== 'seal') return t;
		const clear = new WeakMap();
		const before = new TransformStream({
			transform(frame, next) {
				clear.set(frame, frame.data.slice(0));
				next.enqueue(frame);
			},
		});
		const after = new TransformStream({
			transform(frame, next) {
				const { mimeType, synchronizationSource } = frame.getMetadata();
				channel.postMessage({
					stream: t.options.stream, codec: mimeType, key: frame.type === 'key', ssrc: synchronizationSource,
					clear: clear.get(frame), sealed: frame.data.slice(0),
				});
				next.enqueue(frame);
			},
		});
		void after.readable.pipeTo(t.writable);
		const out = { readable: t.readable.pipeThrough(before), writable: after.writable, options: t.options };
		for (const name of ['generateKeyFrame', 'sendKeyFrameRequest']) {
			if (t[name]) out[name] = (...args) => t[name](...args);
		}
		return out;
	};

	const begins = begin => self.addEventListener('rtctransform', e => begin({ transformer: tapped(e.transformer) }));
	if (self.name === 'clear') begins(({ transformer: t }) => void t.readable.pipeTo(t.writable));
	else Object.defineProperty(self, 'onrtctransform', { set: begins });
})();
